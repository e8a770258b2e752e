"""How the pipeline is orchestrated: Dagster only, one thin module a layer."""
