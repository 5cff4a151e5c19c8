package files

// LimitDeleted sets how many things delete removes at most, until its result is called.
func LimitDeleted(n int) func() {
	was := maxDeleted
	maxDeleted = n
	return func() { maxDeleted = was }
}
