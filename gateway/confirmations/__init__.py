"""What is asked for in a recipient's name holds only once the recipient has confirmed it: double opt-in, requests
about one's data.

wishes, wish_names       what is asked for, and by what it is known
questions, letter, text  how it is put to the recipient's own address
confirming, taking_back  the asking, the answers, and the end of a question that is not meant any more
data_requests            what becomes of a request about one's data
"""
