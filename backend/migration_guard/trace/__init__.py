"""What ran on PostgreSQL, judged by the ids of the rules that read: a statement and its locks confirm a finding."""
