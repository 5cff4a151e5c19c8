package resource

import (
	"errors"
	"maps"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// The extended attributes that the system itself makes something of.
const (
	AccessListAttribute   = "system.posix_acl_access"
	CapabilitiesAttribute = "security.capability"
	LabelAttribute        = "security.selinux"
)

// attributeAt is an extended attribute of what is at a resolved path; nil if it has none.
func attributeAt(p, name string) ([]byte, error) {
	value, err := attribute(p, name)
	switch {
	case errors.Is(err, unix.ENODATA), errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR):
		return nil, nil
	case errors.Is(err, unix.ENOTSUP):
		return nil, nil // What is asked for is then refused when it is set.
	case err != nil:
		return nil, explain("read the attributes of", p, err)
	case value == nil:
		value = []byte{}
	}
	return value, nil
}

// giveAttributes gives what is at a path the attributes that are wanted. nil takes one away.
func giveAttributes(at, p string, want map[string][]byte) error {
	for _, name := range slices.Sorted(maps.Keys(want)) {
		var err error
		if value := want[name]; value != nil {
			err = setAttribute(at, name, value)
		} else if err = removeAttribute(at, name); errors.Is(err, unix.ENODATA) {
			err = nil
		}
		if err != nil {
			return refusedAttribute(p, name, err)
		}
	}
	return nil
}

// refusedAttribute is the problem of an attribute that cannot be set.
func refusedAttribute(p, name string, err error) error {
	attr := "attributes"
	switch name {
	case AccessListAttribute:
		attr = "acl"
	case CapabilitiesAttribute:
		attr = "capabilities"
	case LabelAttribute:
		attr = "selinux"
	}
	why := "The error comes from the file system or the kernel."
	switch {
	case errors.Is(err, unix.ENOTSUP):
		why = "The file system, or the kernel, keeps no such attributes."
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		why = "Only its owner, or root, may set it; and in a container not even root may set each."
	case errors.Is(err, unix.EINVAL):
		why = "The kernel does not take this value: a label has to be one that its policy knows."
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.E2BIG), errors.Is(err, unix.ERANGE):
		why = "The value is longer than the file system keeps, or there is no room left for it."
	}
	return kind.NewProblem(attr, kind.CodeAttribute, "The attribute cannot be set", "Setting %s of %s failed: %v. %s", name, p, err, kind.Rule(why))
}
