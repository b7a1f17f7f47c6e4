"""An update rule, a landscape and a metric for adamw."""
