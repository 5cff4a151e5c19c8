package config

import "strings"

// IsConfigFile reports whether a file of that name in the directory is read as
// configuration. Hidden files and those that editors leave behind are not.
func IsConfigFile(name string) bool {
	if strings.ContainsRune(name, '/') || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "#") || strings.HasPrefix(name, "~") {
		return false
	}
	return strings.HasSuffix(name, ".mito.hcl") || strings.HasSuffix(name, ".mito.json")
}

// isVariablesFile reports whether a file of that name holds values of variables.
func isVariablesFile(name string) bool {
	return strings.HasSuffix(name, ".mitovars.hcl") || strings.HasSuffix(name, ".mitovars.json")
}
