package transporttest

import (
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// wrapped is a connector in another one, which changes its line and nothing else: what the
// connector says of itself holds for both.
type wrapped struct{ transport.Connector }

// ContextName is the name that the connector has set, "" if it has none.
func (w wrapped) ContextName() string {
	if k, ok := w.Connector.(interface{ ContextName() string }); ok {
		return k.ContextName()
	}
	return ""
}

// Timeout is the timeout that the connector has set, 0 if it has none.
func (w wrapped) Timeout() time.Duration {
	if k, ok := w.Connector.(interface{ Timeout() time.Duration }); ok {
		return k.Timeout()
	}
	return 0
}

// Parallel is the parallelism that the connector has set, 0 if it has none.
func (w wrapped) Parallel() int {
	if k, ok := w.Connector.(interface{ Parallel() int }); ok {
		return k.Parallel()
	}
	return 0
}

// Validate says what is wrong with the arguments of the connector.
func (w wrapped) Validate() []transport.Problem {
	if k, ok := w.Connector.(interface{ Validate() []transport.Problem }); ok {
		return k.Validate()
	}
	return nil
}

// Through is that of the connector.
func (w wrapped) Through() bool {
	k, ok := w.Connector.(transport.ThroughConnector)
	return ok && k.Through()
}
