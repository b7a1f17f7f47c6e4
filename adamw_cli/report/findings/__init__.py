"""Problems in the formats that code hosts read: one file per format, with `render`, for whatever command found them."""
