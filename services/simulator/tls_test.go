package simulator_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// overTLS turns a client to https, with no other certificate trusted than the one in the file.
func (s *simulation) overTLS(file, name string) {
	s.t.Helper()
	var trusted *x509.CertPool
	deadline := time.Now().Add(patience)
	for trusted == nil {
		certificate, err := os.ReadFile(file)
		if pool := x509.NewCertPool(); err == nil && pool.AppendCertsFromPEM(certificate) {
			trusted = pool
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("no certificate: %v", err)
		}
	}
	transport := &http.Transport{DisableCompression: true, TLSClientConfig: &tls.Config{RootCAs: trusted, ServerName: name, MinVersion: tls.VersionTLS12}}
	s.t.Cleanup(transport.CloseIdleConnections)
	s.http = &http.Client{Transport: transport}
	s.base = strings.Replace(s.base, "http://", "https://", 1)
}

func TestClientsThatHaveXsHostFixedAreServedOverTLS(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.TLSSelfSigned = filepath.Join(t.TempDir(), "simulator.pem")
	s := simulate(t, cfg)
	s.overTLS(cfg.TLSSelfSigned, "api.x.com")
	s.mustAdd(catRules)
	r := s.connect("")
	for range 20 {
		parsePost(t, r.next())
	}
	r.close()
	s.order("reset", "")
	if _, err := s.connect("").all(); err == nil {
		t.Error("a reset connection ends like any other")
	}
	certificate, err := os.ReadFile(cfg.TLSSelfSigned)
	if err != nil || strings.Contains(string(certificate), "KEY") {
		t.Errorf("the file holds more than a certificate: %v", err)
	}
	for _, name := range []string{"api.twitter.com", "localhost", "127.0.0.1"} {
		s.overTLS(cfg.TLSSelfSigned, name)
		if resp, _ := s.do("GET", rulesPath, ""); resp.StatusCode != http.StatusOK || resp.Proto != "HTTP/1.1" {
			t.Errorf("%s: %s over %s", name, resp.Status, resp.Proto)
		}
	}
}

func TestACertificateOfOnesOwnIsServed(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"x.example"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cfg, dir := defaults(), t.TempDir()
	cfg.TLSCert, cfg.TLSKey = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{cfg.TLSCert: {Type: "CERTIFICATE", Bytes: der}, cfg.TLSKey: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := simulate(t, cfg)
	s.overTLS(cfg.TLSCert, "x.example")
	if resp, _ := s.do("GET", rulesPath, ""); resp.StatusCode != http.StatusOK {
		t.Error(resp.Status)
	}
	cfg.TLSKey = ""
	if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), "--tls-key") {
		t.Errorf("half of a pair is taken: %v", err)
	}
}
