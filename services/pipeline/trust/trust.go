// Package trust says which servers a client believes by their certificates: those that the system's authorities vouch
// for, and those that the authorities in a file vouch for. It owns no certificate of a client.
package trust

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxFileBytes bounds a file of certificates; all of a system's together have some 300 KiB.
const maxFileBytes = 4 << 20

// TLS returns what a client sets up connections with: TLS 1.2 or newer, and servers whose certificate comes from one of
// the system's authorities or, when caFile is given, from one in that file, PEM blocks of type CERTIFICATE one after the
// other. A file that cannot be read, that holds none, or one that is broken, is an error.
func TLS(caFile string) (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if caFile == "" {
		return cfg, nil
	}
	authorities, err := fromFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("read the certificates of authorities: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a machine without authorities is no reason not to believe one's own
	}
	for _, a := range authorities {
		pool.AddCert(a)
	}
	cfg.RootCAs = pool
	return cfg, nil
}

// fromFile reads by itself, because x509's own reader passes over a block that it cannot parse, and the handshake would
// then tell of an unknown authority.
func fromFile(file string) ([]*x509.Certificate, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	rest, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return nil, err
	}
	if len(rest) > maxFileBytes {
		return nil, fmt.Errorf("%s is over the limit of %d bytes", file, maxFileBytes)
	}
	var found []*x509.Certificate
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d of %s: %w", len(found)+1, file, err)
		}
		found = append(found, certificate)
	}
	if len(found) == 0 {
		return nil, errors.New(file + " holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)")
	}
	return found, nil
}
