package accounts

import (
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Each exit status of the account programs that has a known cause is a problem of
// its own; see useradd(8) and usermod(8). Any other status is told as it is.
func TestExitStatusOfAccountPrograms(t *testing.T) {
	for status, want := range map[int]kind.Code{
		1: kind.CodeAccountsLocked, 4: kind.CodeUIDTaken, 6: kind.CodeNoGroup, 8: kind.CodeUserBusy, 12: kind.CodeHome, 14: kind.CodeHome, 2: "", 99: "",
	} {
		p := explainAccount(status)
		if p == nil && want != "" || p != nil && (p.Code != want || p.Attr == "" || p.Detail == "") {
			t.Errorf("status %d is %+v, want %s", status, p, want)
		}
	}
}
