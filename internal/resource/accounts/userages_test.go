package accounts_test

import (
	"os"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// TestUserAges runs the cases of the age of passwords where TestUser runs those of accounts.
func TestUserAges(t *testing.T) { onStage(t, "TestUserAges", testAges) }

// testAges: the rules on the age of a password are set by themselves and together, for a new account
// and one that is there; what is not asked for stays, and so do the hash and the day of its change.
func testAges(t *testing.T, s stage) {
	s.run(t, "made with ages", args{
		"name": "app", "create_home": false, "password_expire_min": 1, "password_expire_max": 90, "password_expire_warn": 14, "password_expire_account_disable": 30,
	}, resource.Create, func(t *testing.T) { has(t, "shadow", "app:!:") })
	s.run(t, "gets ages", args{"name": "old", "password_expire_min": 1, "password_expire_max": 90}, resource.Update,
		func(t *testing.T) { has(t, "shadow", "old:$6$salt$hash:19000:1:90:7:::") })
	t.Run("ages", func(t *testing.T) { s.agesOf(t) })
}

func (s stage) agesOf(t *testing.T) {
	shadow := func(name string) string {
		b, err := os.ReadFile("/etc/shadow")
		must(t, err)
		for line := range strings.Lines(string(b)) {
			if f := strings.Split(strings.TrimSpace(line), ":"); f[0] == name {
				return strings.Join(f[3:], ":")
			}
		}
		return "none"
	}
	for _, c := range []struct {
		name, defs string
		args       args
		want       string
	}{
		{"all", "", args{"password_expire_min": 1, "password_expire_max": 90, "password_expire_warn": 14, "password_expire_account_disable": 30}, "1:90:14:30::"},
		{"those of login.defs", "PASS_MAX_DAYS 60\nPASS_MIN_DAYS 2\nPASS_WARN_AGE 9\n", args{"password_expire_warn": 3}, "2:60:3:::"},
		{"none though login.defs has one", "PASS_MAX_DAYS 60\n", args{"password_expire_max": -1}, ":::::"},
		{"taken away", "", args{"name": "old", "password_expire_min": -1, "password_expire_max": -1, "password_expire_warn": -1}, ":::::"},
		{"as they are", "", args{"name": "old", "password_expire_min": 0, "password_expire_max": 99999, "password_expire_warn": 7, "password_expire_account_disable": -1}, "0:99999:7:::"},
		{"with a password", "", args{"name": "old", "password_hash": "$6$n$m", "password_expire_account_disable": 5}, "0:99999:7:5::"},
		{"of the system", "PASS_MAX_DAYS 60\n", args{"system": true, "password_expire_min": 5}, "5:::::"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.setup(t)
			must(t, os.WriteFile("/etc/login.defs", []byte(files["login.defs"]+c.defs), 0o644))
			if c.args["name"] == nil {
				c.args["name"], c.args["create_home"] = "app", false
			}
			must(t, apply(t, newService(), "user", c.args))
			if got := shadow(c.args["name"].(string)); got != c.want {
				t.Errorf("shadow has %q, want %q", got, c.want)
			}
			if again := mustCheck(t, newService(), "p", step{Address: "u", Kind: "user", Args: c.args}); again.Op != resource.NoOp {
				t.Errorf("then a plan says %s: %v", again.Op, again.After)
			}
		})
	}
	s.setup(t)
	for attr, a := range map[string]args{
		"password_expire_max":             {"password_expire_max": -2},
		"password_expire_warn":            {"password_expire_warn": 100000},
		"password_expire_account_disable": {"password_expire_account_disable": -7},
	} {
		a["name"] = "old"
		resourcetest.Problem(t, "user", a, attr, kind.ArgumentCode(attr))
	}
	resourcetest.Problem(t, "user", args{"name": "old", "password_expire_min": 9, "password_expire_max": 8}, "password_expire_min", kind.CodePasswordAges)
	must(t, os.WriteFile("/etc/shadow", []byte("root:*:19000:0:99999:7:::\nold:*:19000:20:99999:7:::\n"), 0o640))
	c := mustCheck(t, newService(), "p", step{Address: "u", Kind: "user", Args: args{"name": "old", "password_expire_max": 10}})
	if len(c.Warnings) != 1 || c.Warnings[0].Code != kind.CodePasswordAges {
		t.Errorf("no warning says that the password cannot be changed in time: %v", c.Warnings)
	}
}
