package transport

import "sync"

// frameBuffer holds a long frame that waits or that has come. It is used again: a blob
// would make garbage of several times its size otherwise.
type frameBuffer [chunk + 1<<10]byte

var frameBuffers = sync.Pool{New: func() any { return new(frameBuffer) }}

// frameBody is memory for a frame without its length field. That of a long one is in a
// buffer, which whoever has used the frame up may give back. Hardly any of a buffer is
// left over then, so that what is held of a neighbour takes no more than it says.
func frameBody(n int) ([]byte, *frameBuffer) {
	if n < chunk*7/8 || n > len(frameBuffer{}) {
		return make([]byte, n), nil
	}
	in := frameBuffers.Get().(*frameBuffer)
	return in[:n], in
}
