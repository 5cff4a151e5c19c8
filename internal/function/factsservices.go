package function

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// FactsService is a service that the host knows.
type FactsService struct {
	Name    string `cbor:"name" mito:"computed"`
	State   string `cbor:"state" mito:"computed"`
	Status  string `cbor:"status" mito:"computed"`
	Manager string `cbor:"manager" mito:"computed"`
}

// Manual says the texts of these results.
func (FactsService) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"name":    {Doc: "Its name, without .service."},
			"state":   {Doc: "running, exited (it has done its work, and counts as started), stopped, failed, or changing (on the way to another state). Empty if nobody can tell, as of a service of SysV.", OtherNames: "active"},
			"status":  {Doc: "How it is at a start of the host: enabled, disabled, masked, static (others start it), or another word of systemd.", OtherNames: "enabled unit_file_state"},
			"manager": {Doc: "What starts it: systemd, openrc or sysv.", OtherNames: "source"},
		},
	}
}

// services are those of what starts services here, in the order of their names.
func (h here) services(ctx context.Context, attr string) ([]FactsService, error) {
	out := []FactsService{}
	switch {
	case h.init() == "systemd":
		files, err := ask(ctx, attr, "systemctl", "list-unit-files", "--type=service", "--no-legend", "--no-pager", "--full")
		if err != nil {
			return nil, err
		}
		units, err := ask(ctx, attr, "systemctl", "list-units", "--type=service", "--all", "--plain", "--no-legend", "--no-pager", "--full")
		if err != nil {
			return nil, err
		}
		out = systemdServices(files, units)
	case h.is("etc/runlevels"):
		enabled := map[string]bool{}
		for _, level := range h.names("etc/runlevels") {
			for _, name := range h.names("etc/runlevels/" + level) {
				enabled[name] = true
			}
		}
		started := h.names("run/openrc/started")
		failed := h.names("run/openrc/failed")
		for _, name := range h.names("etc/init.d") {
			if strings.HasSuffix(name, ".sh") || name == "functions" || name == "README" {
				continue
			}
			s := FactsService{Name: name, State: "stopped", Status: "disabled", Manager: "openrc"}
			if enabled[name] {
				s.Status = "enabled"
			}
			switch {
			case slices.Contains(failed, name):
				s.State = "failed"
			case slices.Contains(started, name):
				s.State = "running"
			}
			out = append(out, s)
		}
	default:
		out = append(out, h.sysvServices()...)
	}
	slices.SortStableFunc(out, func(a, b FactsService) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// sysvServices are the scripts of /etc/init.d, and whether a runlevel starts them.
func (h here) sysvServices() (out []FactsService) {
	enabled := map[string]bool{}
	for _, dir := range []string{"etc", "etc/rc.d"} {
		for _, level := range []string{"rc2.d", "rc3.d", "rc4.d", "rc5.d"} {
			for _, name := range h.names(path.Join(dir, level)) {
				if len(name) > 3 && name[0] == 'S' {
					enabled[name[3:]] = true
				}
			}
		}
	}
	for _, name := range h.names("etc/init.d") {
		if name[0] == '.' || slices.Contains([]string{"README", "functions", "skeleton", "rc", "rcS", "halt", "reboot", "single"}, name) {
			continue
		}
		s := FactsService{Name: name, Status: "disabled", Manager: "sysv"}
		if enabled[name] {
			s.Status = "enabled"
		}
		out = append(out, s)
	}
	return out
}

// activeStates are the words of systemd for what a service does; see systemctl(1).
var activeStates = map[string]string{"active": "running", "reloading": "running", "refreshing": "running", "inactive": "stopped", "maintenance": "stopped", "failed": "failed", "activating": "changing", "deactivating": "changing"}

// systemdServices makes one list of the two of systemctl: of files, which say how a service is
// at a start, and of units, which say what it does. Templates, which only others are made of, and
// units that are not found are left out.
func systemdServices(files, units string) []FactsService {
	at, out := map[string]int{}, []FactsService{}
	get := func(unit string) *FactsService {
		name, ok := strings.CutSuffix(unit, ".service")
		if !ok || name == "" || strings.HasSuffix(name, "@") {
			return nil
		}
		k, ok := at[name]
		if !ok {
			k = len(out)
			at[name] = k
			out = append(out, FactsService{Name: name, State: "stopped", Manager: "systemd"})
		}
		return &out[k]
	}
	for line := range strings.Lines(files) {
		if f := strings.Fields(line); len(f) >= 2 {
			if s := get(f[0]); s != nil {
				s.Status = f[1]
			}
		}
	}
	for line := range strings.Lines(units) {
		f := strings.Fields(strings.TrimLeft(line, " \u25cf*"))
		if len(f) < 4 || f[1] == "not-found" {
			continue
		}
		s := get(f[0])
		if s == nil {
			continue
		}
		if s.State = activeStates[f[2]]; s.State == "running" && f[3] == "exited" {
			s.State = "exited" // see RemainAfterExit in systemd.service(5)
		}
		if s.Status == "" && f[1] == "masked" {
			s.Status = "masked"
		}
	}
	return out
}
