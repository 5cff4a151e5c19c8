package config

// ReadFile reads a file of the controller that an argument names, as the
// function file() does: relative to the configuration's folder, recorded in
// Sources, and from the snapshot where there is one.
func (c *Config) ReadFile(path string) ([]byte, error) { return c.files.Read(path) }
