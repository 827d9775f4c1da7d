"""Mail: rewriting (bytes spliced at offsets), signing, and handing over by SMTP."""
