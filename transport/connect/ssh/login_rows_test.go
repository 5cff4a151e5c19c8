package ssh

// webOn is a configuration for the host web with a port of the lab and the key
// that it takes; more follows in the same Host block.
func webOn(port, more string) string {
	return "Host web\n HostName {addr}\n Port " + port + "\n User deploy\n IdentityFile {ed}\n IdentitiesOnly yes\n" + more
}

// configRows are logins that keywords of ssh_config(5) decide.
var configRows = []loginRow{
	{name: "the usual", config: webOn("22", ""), in: true},
	{name: "no such user", config: "User ghost\n" + webOn("22", ""), in: false},
	{name: "first value wins", config: "Port {port:keys}\n" + webOn("9", ""), in: true},
	{name: "equals and quotes", config: "Host=web\n\tHostName = \"{addr}\" # comment\n User=\"deploy\"\nIdentityFile=\"{ed}\"\n", in: true},
	{name: "negated Host", config: "Host * !web\n User ghost\n" + webOn("22", ""), in: true},
}
