package function

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// sniffed is the number of bytes from which the media type of a file is found.
const sniffed = 512

// magics are the byte sequences that files of a type have at their beginning or at an
// offset. The first match counts. The names are those of file(1) with --mime-type.
// Types that file(1) tells apart only by reading further have one name here.
var magics = []struct {
	at          int
	magic, mime string
}{
	{0, "\x7fELF", "application/x-executable"},
	{0, "\x1f\x8b", "application/gzip"},
	{0, "BZh", "application/x-bzip2"},
	{0, "\xfd7zXZ\x00", "application/x-xz"},
	{0, "\x28\xb5\x2f\xfd", "application/zstd"},
	{0, "\x04\x22\x4d\x18", "application/x-lz4"},
	{0, "PK\x03\x04", "application/zip"},
	{0, "PK\x05\x06", "application/zip"},
	{0, "7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"},
	{257, "ustar", "application/x-tar"},
	{0, "070701", "application/x-cpio"},
	{0, "!<arch>\ndebian", "application/vnd.debian.binary-package"},
	{0, "!<arch>\n", "application/x-archive"},
	{0, "\xed\xab\xee\xdb", "application/x-rpm"},
	{0, "%PDF-", "application/pdf"},
	{0, "%!PS", "application/postscript"},
	{0, "\x89PNG\r\n\x1a\n", "image/png"},
	{0, "\xff\xd8\xff", "image/jpeg"},
	{0, "GIF8", "image/gif"},
	{8, "WEBP", "image/webp"},
	{0, "BM", "image/bmp"},
	{0, "II*\x00", "image/tiff"},
	{0, "MM\x00*", "image/tiff"},
	{0, "\x00\x00\x01\x00", "image/vnd.microsoft.icon"},
	{0, "OggS", "audio/ogg"},
	{0, "fLaC", "audio/flac"},
	{0, "ID3", "audio/mpeg"},
	{8, "WAVE", "audio/x-wav"},
	{4, "ftyp", "video/mp4"},
	{0, "\x1a\x45\xdf\xa3", "video/x-matroska"},
	{0, "SQLite format 3\x00", "application/vnd.sqlite3"},
	{0, "\xca\xfe\xba\xbe", "application/x-java-applet"},
	{0, "\x00asm", "application/wasm"},
	{0, "\xd4\xc3\xb2\xa1", "application/vnd.tcpdump.pcap"},
	{0, "LUKS\xba\xbe", "application/x-luks"},
	{0, "hsqs", "application/x-squashfs"},
	{0, "<?xml", "text/xml"},
	{0, "<!DOCTYPE html", "text/html"},
	{0, "<!doctype html", "text/html"},
	{0, "<html", "text/html"},
}

// interpreters are the media types of scripts, by the interpreter in their first line.
var interpreters = []struct{ name, mime string }{
	{"python", "text/x-script.python"},
	{"perl", "text/x-perl"},
	{"ruby", "text/x-ruby"},
	{"php", "text/x-php"},
	{"awk", "text/x-awk"},
	{"node", "application/javascript"},
	{"sh", "text/x-shellscript"},
}

// mimeOf returns the media type of a regular file whose first bytes are given.
func mimeOf(head []byte) string {
	for _, m := range magics {
		if len(head) >= m.at && bytes.HasPrefix(head[m.at:], []byte(m.magic)) {
			return m.mime
		}
	}
	switch {
	case len(head) == 0:
		return "inode/x-empty"
	case !isText(head):
		return "application/octet-stream"
	}
	return mimeOfText(head)
}

func mimeOfText(head []byte) string {
	if first, ok := bytes.CutPrefix(head, []byte("#!")); ok {
		line, _, _ := strings.Cut(string(first), "\n")
		for _, i := range interpreters {
			if strings.Contains(line, i.name) {
				return i.mime
			}
		}
	}
	return "text/plain"
}

// isText reports whether bytes are UTF-8 text without control characters that text does
// not have. A character that is cut off at the end is allowed.
func isText(head []byte) bool {
	if len(head) == sniffed {
		for range utf8.UTFMax - 1 {
			if r, n := utf8.DecodeLastRune(head); r != utf8.RuneError || n != 1 {
				break
			}
			head = head[:len(head)-1]
		}
	}
	return utf8.Valid(head) && !bytes.ContainsFunc(head, func(r rune) bool {
		return r < 0x20 && !strings.ContainsRune("\a\b\t\n\v\f\r\x1b", r)
	})
}

// mimeOfSpecial returns the name that file(1) has for something that is not a regular
// file.
func mimeOfSpecial(mode uint32) string {
	switch mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return "inode/directory"
	case unix.S_IFLNK:
		return "inode/symlink"
	case unix.S_IFIFO:
		return "inode/fifo"
	case unix.S_IFSOCK:
		return "inode/socket"
	case unix.S_IFBLK:
		return "inode/blockdevice"
	case unix.S_IFCHR:
		return "inode/chardevice"
	}
	return ""
}
