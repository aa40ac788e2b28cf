"""`squash`: one base revision that builds what all revisions up to one of them build, proved on scratch databases."""
