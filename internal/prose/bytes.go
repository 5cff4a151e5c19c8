package prose

import "strconv"

// units are those of bytes, each a thousand of the one before, as df -H and Finder count.
var units = [...]string{"bytes", "KB", "MB", "GB", "TB", "PB", "EB"}

// Bytes writes a number of bytes for people: "0 bytes", "1 byte", "120 KB", "2.1 MB".
// Below 10 of a unit there is one place.
func Bytes(n int64) string {
	if n == 1 {
		return "1 byte"
	}
	if n < 1000 {
		return strconv.FormatInt(n, 10) + " bytes"
	}
	size, k := float64(n)/1000, 1
	for ; size >= 999.5; k++ {
		size /= 1000
	}
	places := 0
	if size < 9.95 {
		places = 1
	}
	return strconv.FormatFloat(size, 'f', places, 64) + " " + units[k]
}

// BytesOf writes how many bytes of how many there are: "120 of 1,024 MB", or only how
// many if of is 0. The unit is the greatest of which there are at least 10 in all. It is
// a smaller one if all would seem to be there while some is missing.
func BytesOf(done, of int64) string {
	size, k := int64(1), 0
	for k+1 < len(units) && max(of, done)/size >= 10_000 {
		size, k = size*1000, k+1
	}
	if of == 0 {
		return inUnits(done, size) + " " + units[k]
	}
	for done < of && inUnits(done, size) == inUnits(of, size) {
		size, k = size/1000, k-1
	}
	return inUnits(done, size) + " of " + inUnits(of, size) + " " + units[k]
}

// inUnits writes a number of bytes in a unit. Below 10 it has one place, if that is not 0.
func inUnits(n, unit int64) string {
	if tenths := n * 10 / unit; tenths < 100 && tenths%10 != 0 {
		return strconv.FormatFloat(float64(tenths)/10, 'f', 1, 64)
	}
	return Number(n / unit)
}

// Number writes a number with commas between its thousands.
func Number(n int64) string {
	s := strconv.FormatInt(n, 10)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}
