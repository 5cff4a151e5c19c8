package ssh

// keyRows are logins that known_hosts, private keys, certificates and ssh-agents
// decide.
var keyRows = []loginRow{
	{name: "key of a stranger", config: "IdentitiesOnly yes\nIdentityFile {stranger}\nUser deploy\nHost web\n HostName {addr}\n", in: false, says: "takes none of the keys"},
	{name: "rsa key", config: "Host web\n HostName {addr}\n Port {port:keys}\n User deploy\n IdentityFile {rsa}\n", in: true},
	{name: "ecdsa key", config: "Host web\n HostName {addr}\n Port {port:keys}\n User deploy\n IdentityFile {ecdsa}\n", in: true},
	{name: "key in the agent", config: "Host web\n HostName {addr}\n User deploy\n", agent: []string{"stranger", "ed"}, in: true},
	{name: "identities only of many in the agent", agent: []string{"stranger", "rsa", "ecdsa", "ed"}, config: webOn("{port:few}", ""), in: true},
	{name: "certificate", config: webOn("{port:certs}", " CertificateFile {certificate}\n"), in: true},
	{name: "no certificate", config: webOn("{port:certs}", ""), in: false, says: "takes none of the keys"},
	{name: "unknown host", config: webOn("22", ""), files: map[string]string{".ssh/known_hosts": ""}, in: false, says: "Unknown host key"},
	{name: "host certificate", config: webOn("{port:certs}", " CertificateFile {certificate}\n"), in: true,
		files: map[string]string{".ssh/known_hosts": "@cert-authority {addr},[{addr}]:{port:certs} {host_ca.pub}\n"}},
}
