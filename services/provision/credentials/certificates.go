package credentials

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"slices"
	"time"

	"catsvdogs/services/provision/access"
)

// validFor is how long certificates hold. They never leave the machine, and what they protect goes with the vault's volume:
// a shorter time would only end a stack that nobody looks after.
const validFor = 10 * 365 * 24 * time.Hour

// Files of certificates in the folder of a reader, all in PEM form.
const (
	authorityFile   = "kafka-ca.pem"
	certificateFile = "kafka.pem"
	keyFile         = "kafka.key"
	// A broker wants key and certificates in one file. KIP-651.
	storeFile = "kafka-store.pem"
)

// certificates are those of an authority of our own, whose key stays in the vault: one for the brokers, with these hosts, and
// one for each service, by whose common name the brokers know it. The vault keeps the authority alone; the others are new at
// each start, so that they fit the hosts.
func (v vault) certificates(hosts []string) ([]file, error) {
	pair, err := v.keep("kafka-authority", newAuthority)
	if err != nil {
		return nil, err
	}
	a, err := readAuthority(pair)
	if err != nil {
		return nil, fmt.Errorf("read Kafka's authority in the vault: %w; remove it, and a new one is made", err)
	}
	var files []file
	for _, service := range []string{access.Provision, access.Ingest, access.Refresher, access.Enricher, access.Sink, access.Live, access.Ledger} {
		certificate, key, err := a.issue(access.Principal(service), nil)
		if err != nil {
			return nil, err
		}
		r := readerOf(service)
		files = append(files, file{r, authorityFile, a.certificatePEM}, file{r, certificateFile, certificate}, file{r, keyFile, key})
	}
	certificate, key, err := a.issue(access.BrokerPrincipal, hosts)
	if err != nil {
		return nil, err
	}
	broker := readerOf("kafka")
	return append(files, file{broker, authorityFile, a.certificatePEM}, file{broker, storeFile, slices.Concat(key, certificate)}), nil
}

type authority struct {
	certificate    *x509.Certificate
	certificatePEM []byte
	key            *ecdsa.PrivateKey
}

// newAuthority returns the certificate and the key of a new authority.
func newAuthority() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "catsvdogs authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(validFor),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	secret, err := encodeKey(key)
	return slices.Concat(encode("CERTIFICATE", der), secret), err
}

func readAuthority(pair []byte) (authority, error) {
	first, rest := pem.Decode(pair)
	second, _ := pem.Decode(rest)
	if first == nil || second == nil {
		return authority{}, errors.New("it is not a certificate and a key")
	}
	certificate, err := x509.ParseCertificate(first.Bytes)
	if err != nil {
		return authority{}, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(second.Bytes)
	if err != nil {
		return authority{}, err
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return authority{}, errors.New("its key is of another kind")
	}
	return authority{certificate: certificate, certificatePEM: encode("CERTIFICATE", first.Bytes), key: key}, nil
}

// issue returns a certificate and its key. One with hosts is a server's as well, and every one a client's.
func (a authority) issue(name string, hosts []string) (certificate, key []byte, err error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: a.certificate.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	if len(hosts) > 0 {
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	pair, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make a key for %s: %w", name, err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &pair.PublicKey, a.key)
	if err != nil {
		return nil, nil, fmt.Errorf("sign the certificate of %s: %w", name, err)
	}
	key, err = encodeKey(pair)
	return encode("CERTIFICATE", der), key, err
}

func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode a key: %w", err)
	}
	return encode("PRIVATE KEY", der), nil
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
