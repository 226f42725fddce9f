"""Documents as pages, words and boxes: the interface of document AI and its variants that run on this machine."""
