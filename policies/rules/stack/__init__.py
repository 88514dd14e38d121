"""What several resources have to agree on."""
