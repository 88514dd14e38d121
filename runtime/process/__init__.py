"""What every process has: its log, its threads, its clients of AWS, and the frame of a Lambda handler."""
