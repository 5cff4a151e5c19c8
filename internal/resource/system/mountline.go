package system

import (
	"github.com/mitoplan/mitoplan/internal/resource/edit"
	"github.com/mitoplan/mitoplan/internal/resource/files"
)

// item is the line in the file.
func (m *Mount) item() *files.Item {
	r := &files.Item{
		Item: edit.Item{Table: edit.Mounts, Key: edit.MountPath(string(m.Path))},
		Path: wanted(m.Fstab, fstabFile), Attr: "src", Part: "this line",
		From: []string{"path", "src", "fstype", "opts", "dump", "passno", "state"}, Gone: m.gone(), Create: true, Backup: m.Backup,
	}
	if !m.gone() {
		r.Lines = []string{m.line().String()}
	}
	return r
}
