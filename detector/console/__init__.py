"""What a person sees: alerts in words, the live table, progress and summaries. Standard output carries data, standard
error the rest.
"""
