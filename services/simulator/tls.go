package simulator

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"
)

// hosts are those that clients of X have fixed, and this machine.
func hosts() []string { return []string{"api.x.com", "api.twitter.com", "localhost"} }

// selfSignedFor is how long a certificate of our own is valid; longer ones are refused by some clients.
const selfSignedFor = 90 * 24 * time.Hour

// overTLS serves https where a certificate is given or asked for. It closes ln when it fails.
func overTLS(ln net.Listener, cfg Config) (net.Listener, error) {
	var certificate tls.Certificate
	var err error
	switch {
	case cfg.TLSCert != "":
		if certificate, err = tls.LoadX509KeyPair(cfg.TLSCert, cfg.TLSKey); err != nil {
			err = fmt.Errorf("read --tls-cert and --tls-key: %w", err)
		}
	case cfg.TLSSelfSigned != "":
		if certificate, err = selfSigned(ln.Addr(), cfg.TLSSelfSigned); err != nil {
			err = fmt.Errorf("make a certificate for --tls-self-signed: %w", err)
		}
	default:
		return ln, nil
	}
	if err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	// The stream takes its connection over, which HTTP/2 does not have.
	return tls.NewListener(ln, &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12}), nil
}

// selfSigned makes a certificate that vouches for itself and for nothing else, and writes it to a file.
func selfSigned(at net.Addr, file string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return tls.Certificate{}, err
	}
	addresses := []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	if tcp, ok := at.(*net.TCPAddr); ok && !tcp.IP.IsUnspecified() {
		addresses = append(addresses, tcp.IP)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: serverName}, DNSNames: hosts(), IPAddresses: addresses,
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(selfSignedFor),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
