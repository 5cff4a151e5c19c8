package functions

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"hash"
	"math/big"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"golang.org/x/crypto/bcrypt"
)

func newMD5() hash.Hash    { return md5.New() }
func newSHA1() hash.Hash   { return sha1.New() }
func newSHA256() hash.Hash { return sha256.New() }
func newSHA512() hash.Hash { return sha512.New() }

func toHex(b []byte) string    { return hex.EncodeToString(b) }
func toBase64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func digest(newHash func() hash.Hash, encode func([]byte) string, data []byte) string {
	h := newHash()
	h.Write(data)
	return encode(h.Sum(nil))
}

func hashFunc(newHash func() hash.Hash, encode func([]byte) string) function.Function {
	return textFunc(func(args []string) (string, error) {
		return digest(newHash, encode, []byte(args[0])), nil
	}, "string")
}

func hashFile(newHash func() hash.Hash, encode func([]byte) string) func(*Env) function.Function {
	return func(e *Env) function.Function {
		return textFunc(func(args []string) (string, error) {
			b, err := e.files.Read(args[0])
			if err != nil {
				return "", function.NewArgError(0, err)
			}
			return digest(newHash, encode, b), nil
		}, "path")
	}
}

// makeBcrypt makes bcrypt(), which is unknown while planning: its salt is new each
// time.
func makeBcrypt(e *Env) function.Function {
	return function.New(&function.Spec{
		Params:       []function.Parameter{param("string", cty.String)},
		VarParam:     &function.Parameter{Name: "cost", Type: cty.Number},
		Type:         function.StaticReturnType(cty.String),
		RefineResult: refineNonNull,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			cost, err := bcryptCost(args[1:])
			if err != nil {
				return cty.UnknownVal(cty.String), err
			}
			text := args[0].AsString()
			if len(text) > maxBcrypt {
				return cty.UnknownVal(cty.String), function.NewArgErrorf(0, "bcrypt takes at most %d bytes", maxBcrypt)
			}
			return e.freshText(fmt.Sprintf("bcrypt %d %s", cost, text), func() string {
				b, _ := bcrypt.GenerateFromPassword([]byte(text), cost) // what it refuses was refused above
				return string(b)
			}), nil
		},
	})
}

// maxBcrypt is the longest password that bcrypt tells from longer ones.
const maxBcrypt = 72

func bcryptCost(args []cty.Value) (int, error) {
	if len(args) == 0 {
		return bcrypt.DefaultCost, nil
	}
	cost, acc := args[0].AsBigFloat().Int64()
	if len(args) > 1 || acc != big.Exact || cost < int64(bcrypt.MinCost) || cost > int64(bcrypt.MaxCost) {
		return 0, function.NewArgErrorf(1, "the cost must be one whole number from %d to %d", bcrypt.MinCost, bcrypt.MaxCost)
	}
	return int(cost), nil
}

// makeUUID makes uuid(), which is unknown while planning: it is new each time.
func makeUUID(e *Env) function.Function {
	return makeFunc(cty.String, func([]cty.Value) (cty.Value, error) {
		return e.freshText("uuid", func() string {
			var b [16]byte
			_, _ = rand.Read(b[:]) // never fails
			return uuidText(b, 4)
		}), nil
	})
}

// uuidText sets the version and variant of RFC 9562.
func uuidText(b [16]byte, version byte) string {
	b[6] = b[6]&0x0f | version<<4
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// uuidNamespaces are those of RFC 9562.
var uuidNamespaces = map[string]string{
	"dns": "6ba7b8109dad11d180b400c04fd430c8", "url": "6ba7b8119dad11d180b400c04fd430c8",
	"oid": "6ba7b8129dad11d180b400c04fd430c8", "x500": "6ba7b8149dad11d180b400c04fd430c8",
}

var uuidV5Func = textFunc(func(args []string) (string, error) {
	text, ok := uuidNamespaces[args[0]]
	if !ok {
		text = strings.ReplaceAll(args[0], "-", "")
	}
	namespace, err := hex.DecodeString(text)
	if err != nil || len(namespace) != 16 {
		return "", function.NewArgErrorf(0, "it must be dns, url, oid, x500 or a UUID")
	}
	h := sha1.New()
	h.Write(namespace)
	h.Write([]byte(args[1]))
	return uuidText([16]byte(h.Sum(nil)), 5), nil
}, "namespace", "name")

var rsaDecryptFunc = textFunc(func(args []string) (string, error) {
	cipher, err := fromBase64(args[0])
	if err != nil {
		return "", err
	}
	key, err := rsaKey(args[1])
	if err != nil {
		return "", function.NewArgError(1, err)
	}
	//lint:ignore SA1019 the function means PKCS #1 v1.5: what was encrypted for it is
	out, err := rsa.DecryptPKCS1v15(nil, key, cipher)
	if err != nil {
		return "", errors.New("the text was not encrypted for this key")
	}
	return string(out), nil
}, "ciphertext", "privatekey")

// rsaKey says nothing of the key's bytes in its errors.
func rsaKey(text string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("it is not a private key in PEM form")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		if rsaKey, ok := key.(*rsa.PrivateKey); ok {
			return rsaKey, nil
		}
	}
	return nil, errors.New("it is not an RSA private key without passphrase, of PKCS#1 or PKCS#8")
}
