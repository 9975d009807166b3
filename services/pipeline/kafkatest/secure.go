package kafkatest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/topic"
)

// The user of a secure broker.
const (
	User     = "cat"
	Password = "invented, with = and \u00fc"
)

// StartSecure is Start with a broker that speaks TLS only, to clients that have a certificate of its authority, and that
// wants User to log in by SASL's mechanism, such as SCRAM-SHA-512. The configuration has all of it but the mechanism.
func StartSecure(t testing.TB, partitions int32, mechanism string) (*kfake.Cluster, broker.Config) {
	t.Helper()
	a := newAuthority(t)
	server, _, _ := a.issue(t)
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(partitions, topic.Raw, topic.Enriched, topic.DeadLetter),
		kfake.EnableSASL(), kfake.Superuser(mechanism, User, Password),
		kfake.TLS(&tls.Config{Certificates: []tls.Certificate{server}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: a.pool}))
	if err != nil {
		t.Fatalf("start a broker: %v", err)
	}
	t.Cleanup(c.Close)
	_, certificate, key := a.issue(t)
	return c, broker.Config{
		KafkaBrokers: c.ListenAddrs(),
		KafkaTLS:     true, KafkaCAFile: a.file, KafkaClientCertFile: certificate, KafkaClientKeyFile: key,
		KafkaUsername: User, KafkaPassword: Password,
	}
}

// CAFile returns a file with an authority that vouches for nobody.
func CAFile(t testing.TB) string { return newAuthority(t).file }

type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pool        *x509.CertPool
	file        string
}

func newAuthority(t testing.TB) authority {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority of a test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	key := newKey(t)
	certificate := sign(t, template, template, key, key)
	a := authority{certificate: certificate, key: key, pool: x509.NewCertPool(), file: filepath.Join(t.TempDir(), "ca.pem")}
	a.pool.AddCert(certificate)
	write(t, a.file, "CERTIFICATE", certificate.Raw)
	return a
}

// issue returns a certificate of a server or a client at 127.0.0.1, and the files that hold it and its key.
func (a authority) issue(t testing.TB) (certificate tls.Certificate, certificateFile, keyFile string) {
	t.Helper()
	key := newKey(t)
	signed := sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: User},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}, a.certificate, key, a.key)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatalf("encode a key: %v", err)
	}
	dir := t.TempDir()
	certificateFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, certificateFile, "CERTIFICATE", signed.Raw)
	write(t, keyFile, "PRIVATE KEY", secret)
	return tls.Certificate{Certificate: [][]byte{signed.Raw}, PrivateKey: key}, certificateFile, keyFile
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatalf("make a key: %v", err)
	}
	return key
}

func sign(t testing.TB, template, parent *x509.Certificate, key, parentKey *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	if err != nil {
		t.Fatalf("sign a certificate: %v", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatalf("read a certificate: %v", err)
	}
	return certificate
}

func write(t testing.TB, file, kind string, content []byte) {
	t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600); err != nil {
		t.Fatal(err)
	}
}
