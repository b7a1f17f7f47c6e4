"""What `adamw check` needs beside a verdict: what is kept from one run to the next."""
