"""`survey init`: a study file drafted from one export."""
