"""What a person or the clock makes happen. No Qt, no threads of its own making unless said."""
