-- lease, worker, name of this claim
return claim_next(ARGV[2], ARGV[3])
