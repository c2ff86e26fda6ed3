"""Who computes what, when; without torch.

admission        how many calls may wait
pending_request  one call on its way
batcher          natural batching: what waits becomes the next batch
computation      one batch in the forward pass, begun and ended
batch_choice     which of what waits
give_way         a long batch lets small ones through in its middle
worker_thread    one thread that runs what it is handed, in order
loop_thread      an event loop on a thread of its own
event_loop       fairness among the tasks of a caller's event loop
"""
