package ssh

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"

	"golang.org/x/crypto/scrypt"
)

// errWrongPassphrase is the error of a key that the passphrase does not open.
var errWrongPassphrase = errors.New("the passphrase does not open it")

// Bounds of what the derivation of a key may cost. openssl writes 2,048 rounds, and
// 16 MiB of memory for scrypt.
const (
	maxRounds = 5_000_000
	maxScrypt = 256 << 20
)

// Object identifiers of RFC 8018 (PBES2), RFC 7914 (scrypt) and RFC 3565 (AES).
var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidScrypt = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11591, 4, 11}
	oidHMAC   = asn1.ObjectIdentifier{1, 2, 840, 113549, 2} // and one number more
	oidAES    = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1}
	oid3DES   = asn1.ObjectIdentifier{1, 2, 840, 113549, 3, 7}
)

// decryptPKCS8 opens an encrypted private key (RFC 5958, the PEM type ENCRYPTED
// PRIVATE KEY) that openssl or ssh-keygen -m PKCS8 wrote, with PBES2. If the
// passphrase is wrong, the error is errWrongPassphrase.
func decryptPKCS8(der []byte, passphrase string) (any, error) {
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	var params struct{ KDF, Cipher pkix.AlgorithmIdentifier }
	if err := decode(der, &info); err != nil {
		return nil, err
	}
	if !info.Algorithm.Algorithm.Equal(oidPBES2) {
		return nil, fmt.Errorf("it is encrypted with the scheme %s, which mitoplan does not know", info.Algorithm.Algorithm)
	}
	if err := decode(info.Algorithm.Parameters.FullBytes, &params); err != nil {
		return nil, err
	}
	newCipher, size, err := blockCipher(params.Cipher.Algorithm)
	if err != nil {
		return nil, err
	}
	key, err := deriveKey(params.KDF, passphrase, size)
	if err != nil {
		return nil, err
	}
	var iv []byte
	if err := decode(params.Cipher.Parameters.FullBytes, &iv); err != nil {
		return nil, err
	}
	block, err := newCipher(key)
	if err != nil {
		return nil, err
	}
	plain, err := decryptCBC(block, iv, info.Data)
	if err != nil {
		return nil, err
	}
	private, err := x509.ParsePKCS8PrivateKey(plain)
	if err != nil {
		return nil, errWrongPassphrase
	}
	return private, nil
}

// decode reads DER. If anything follows it, that is an error.
func decode(der []byte, into any) error {
	rest, err := asn1.Unmarshal(der, into)
	if err == nil && len(rest) > 0 {
		err = errors.New("more follows its end")
	}
	if err != nil {
		return fmt.Errorf("it is damaged (%w)", err)
	}
	return nil
}

func blockCipher(oid asn1.ObjectIdentifier) (func([]byte) (cipher.Block, error), int, error) {
	if oid.Equal(oid3DES) {
		return des.NewTripleDESCipher, 24, nil
	}
	if n := len(oidAES); len(oid) == n+1 && oid[:n].Equal(oidAES) {
		if size, ok := map[int]int{2: 16, 22: 24, 42: 32}[oid[n]]; ok {
			return aes.NewCipher, size, nil
		}
	}
	return nil, 0, fmt.Errorf("it is encrypted with the cipher %s, which mitoplan does not know", oid)
}

// deriveKey derives a key of size bytes from the passphrase.
func deriveKey(kdf pkix.AlgorithmIdentifier, passphrase string, size int) ([]byte, error) {
	switch {
	case kdf.Algorithm.Equal(oidPBKDF2):
		var p struct {
			Salt   []byte
			Rounds int
			Length int                      `asn1:"optional"`
			PRF    pkix.AlgorithmIdentifier `asn1:"optional"`
		}
		if err := decode(kdf.Parameters.FullBytes, &p); err != nil {
			return nil, err
		}
		if p.Rounds < 1 || p.Rounds > maxRounds {
			return nil, fmt.Errorf("it asks for %d rounds, and mitoplan computes at most %d", p.Rounds, maxRounds)
		}
		h, err := hmacOf(p.PRF.Algorithm)
		if err != nil {
			return nil, err
		}
		return pbkdf2.Key(h, passphrase, p.Salt, p.Rounds, size)
	case kdf.Algorithm.Equal(oidScrypt):
		var p struct {
			Salt    []byte
			N, R, P int
			Length  int `asn1:"optional"`
		}
		if err := decode(kdf.Parameters.FullBytes, &p); err != nil {
			return nil, err
		}
		if p.N < 2 || p.R < 1 || p.P < 1 || p.N > maxScrypt || p.R > 1024 || p.P > 16 || 128*p.N*p.R > maxScrypt {
			return nil, fmt.Errorf("its scrypt asks for more than the %d MiB of memory that mitoplan allows", maxScrypt>>20)
		}
		return scrypt.Key([]byte(passphrase), p.Salt, p.N, p.R, p.P, size)
	}
	return nil, fmt.Errorf("its key is derived with the scheme %s, which mitoplan does not know", kdf.Algorithm)
}

// hmacOf is the hash of a pseudo random function; SHA-1 if none is named.
func hmacOf(oid asn1.ObjectIdentifier) (func() hash.Hash, error) {
	n := len(oidHMAC)
	if len(oid) == 0 {
		return sha1.New, nil
	}
	if len(oid) == n+1 && oid[:n].Equal(oidHMAC) {
		if h, ok := map[int]func() hash.Hash{7: sha1.New, 8: sha256.New224, 9: sha256.New, 10: sha512.New384, 11: sha512.New}[oid[n]]; ok {
			return h, nil
		}
	}
	return nil, fmt.Errorf("its key is derived with the hash %s, which mitoplan does not know", oid)
}

// decryptCBC decrypts data and removes the padding.
func decryptCBC(block cipher.Block, iv, data []byte) ([]byte, error) {
	size := block.BlockSize()
	if len(iv) != size || len(data) == 0 || len(data)%size != 0 {
		return nil, errors.New("it is damaged (length)")
	}
	plain := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, data)
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > size {
		return nil, errWrongPassphrase
	}
	for _, b := range plain[len(plain)-pad:] {
		if int(b) != pad {
			return nil, errWrongPassphrase
		}
	}
	return plain[:len(plain)-pad], nil
}
