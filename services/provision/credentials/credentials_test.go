package credentials

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/provision/access"
)

// stack is a folder as /credentials is in the stack.
type stack struct {
	dir string

	mu    sync.Mutex
	given map[string]string // who was last given a file, by its folder and whose name it has in the end
}

func newStack(t *testing.T) *stack {
	t.Helper()
	s := &stack{dir: t.TempDir(), given: map[string]string{}}
	for _, r := range readers {
		if err := os.Mkdir(filepath.Join(s.dir, r.name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s *stack) run(t *testing.T, tls bool) string {
	t.Helper()
	var out bytes.Buffer
	cfg := Config{Dir: s.dir, TLS: tls, Hosts: "kafka,127.0.0.1", Out: &out, Give: func(path string, uid, gid int) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.given[filepath.Base(filepath.Dir(path))] = fmt.Sprint(uid, ":", gid)
		return nil
	}}
	if err := Run(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// files are all files below the folder, by path.
func (s *stack) files(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(s.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm() != 0o400 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		b, err := os.ReadFile(path)
		name, err2 := filepath.Rel(s.dir, path)
		found[name] = string(b)
		return errors.Join(err, err2)
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestEachReaderGetsItsOwnAndNothingElse(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	said := s.run(t, false)
	files := s.files(t)
	want := []string{
		"elasticsearch/elastic", "ingest/s3", "kibana/kibana.yml", "ledger/elasticsearch", "ledger/s3", "minio/root", "refresher/s3", "sink/elasticsearch", "sink/s3",
	}
	var got []string
	for name, content := range files {
		if strings.Contains(said, strings.TrimSpace(content)) {
			t.Errorf("what it prints holds %s", name)
		}
		if !strings.HasPrefix(name, "vault/") && !strings.HasPrefix(name, "provision/") {
			got = append(got, name)
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, same := range [][2]string{
		{"elasticsearch/elastic", "vault/elasticsearch-elastic"}, {"sink/elasticsearch", "vault/elasticsearch-catsvdogs_sink"}, {"sink/s3", "vault/s3-catsvdogs-sink"},
		{"ledger/elasticsearch", "provision/elasticsearch-catsvdogs_ledger"}, {"minio/root", "provision/s3-catsvdogs-root"},
	} {
		if files[same[0]] == "" || files[same[0]] != files[same[1]] {
			t.Errorf("%s is not %s", same[0], same[1])
		}
	}
	for _, r := range readers {
		if given := s.given[r.name]; given != "" && given != fmt.Sprint(r.uid, ":", r.gid) {
			t.Errorf("%s's files are %s's", r.name, given)
		}
	}
	if s.given["elasticsearch"] == "" || s.given["vault"] != "" {
		t.Errorf("given away are %v", s.given)
	}
	if info, err := os.Stat(filepath.Join(s.dir, "vault")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the vault has mode %v, %v", info.Mode(), err)
	}
}

func TestSecretsStayAndNoTwoAreTheSame(t *testing.T) {
	t.Parallel()
	s, other := newStack(t), newStack(t)
	s.run(t, false)
	other.run(t, false)
	first := s.files(t)
	if err := os.Remove(filepath.Join(s.dir, "sink", "s3")); err != nil {
		t.Fatal(err)
	}
	s.run(t, false)
	if diff := cmp.Diff(first, s.files(t)); diff != "" {
		t.Error("the second run has changed something")
	}
	seen := map[string]string{}
	for _, files := range []map[string]string{first, other.files(t)} {
		for name, content := range files {
			if !strings.HasPrefix(name, "vault/") {
				continue
			}
			if before, twice := seen[content]; twice || len(content) < 32 {
				t.Errorf("%s is %s, or short", name, before)
			}
			seen[content] = name
		}
	}
}

func TestManyAtTheSameTimeAgree(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { s.run(t, true) })
	}
	all.Wait()
	files := s.files(t)
	if files["sink/s3"] != files["vault/s3-catsvdogs-sink"] || files["minio/root"] != files["vault/s3-catsvdogs-root"] {
		t.Error("readers have secrets that the vault has not")
	}
	for name := range files {
		if strings.Contains(name, ".new-") {
			t.Errorf("%s is left", name)
		}
	}
}

func TestAnEmptySecretIsNotTakenForOne(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	if err := os.Mkdir(filepath.Join(s.dir, "vault"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "vault", "s3-catsvdogs-sink"), []byte("\n"), 0o400); err != nil {
		t.Fatal(err)
	}
	if err := Run(t.Context(), Config{Dir: s.dir, Out: new(bytes.Buffer)}); err == nil || !strings.Contains(err.Error(), "is empty") {
		t.Errorf("got %v", err)
	}
}

func TestKibanaLetsViewersInAndPeopleLogIn(t *testing.T) {
	t.Parallel()
	hostile := []byte(`a"b: 'c' # {ü} \n ${X}`)
	secrets := map[string][]byte{}
	for _, name := range names() {
		secrets[name] = append([]byte(name), hostile...)
	}
	var got map[string]any
	if err := yaml.Unmarshal(kibanaSettings(secrets), &got); err != nil {
		t.Fatal(err)
	}
	of := func(name string) string { return string(secrets[name]) }
	want := map[string]any{
		"elasticsearch.username": "kibana_system", "elasticsearch.password": of("elasticsearch-kibana_system"),
		"xpack.security.encryptionKey": of("kibana-sessions"),
		"xpack.security.authc.providers": map[string]any{
			"anonymous.viewer": map[string]any{"order": uint64(0), "credentials": map[string]any{"username": access.Viewer, "password": of("elasticsearch-" + access.Viewer)}},
			"basic.people":     map[string]any{"order": uint64(1)},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestABrokerAndItsClientsKnowEachOtherByName(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.run(t, true)
	files := s.files(t)
	authority := x509.NewCertPool()
	if !authority.AppendCertsFromPEM([]byte(files["kafka/kafka-ca.pem"])) || files["sink/kafka-ca.pem"] != files["kafka/kafka-ca.pem"] {
		t.Fatal("there is no authority that all share")
	}
	if strings.Contains(files["sink/kafka-ca.pem"], "PRIVATE") {
		t.Error("a service has the authority's key")
	}
	broker, err := tls.X509KeyPair([]byte(files["kafka/kafka-store.pem"]), []byte(files["kafka/kafka-store.pem"]))
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range []string{access.Provision, access.Ingest, access.Refresher, access.Enricher, access.Sink, access.Live, access.Ledger} {
		pair, err := tls.X509KeyPair([]byte(files[service+"/kafka.pem"]), []byte(files[service+"/kafka.key"]))
		if err != nil {
			t.Errorf("%s: %v", service, err)
			continue
		}
		if got := pair.Leaf.Subject.String(); got != "CN=catsvdogs-"+service {
			t.Errorf("%s is %s", service, got)
		}
		if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: authority, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
			t.Errorf("%s: %v", service, err)
		}
		if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: authority}); err == nil {
			t.Errorf("%s could pass for a broker", service)
		}
	}
	for _, host := range []string{"kafka", "127.0.0.1"} {
		if _, err := broker.Leaf.Verify(x509.VerifyOptions{Roots: authority, DNSName: host}); err != nil {
			t.Errorf("the broker at %s: %v", host, err)
		}
	}
	if block, _ := pem.Decode([]byte(files["kafka/kafka-store.pem"])); block.Type != "PRIVATE KEY" {
		t.Errorf("Kafka wants the key first, got %s", block.Type)
	}
	s.run(t, true)
	if s.files(t)["kafka/kafka-ca.pem"] != files["kafka/kafka-ca.pem"] {
		t.Error("a second run makes another authority, which running brokers do not know")
	}
}

func TestASecretIsShownToWhoAsksForItByName(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.run(t, false)
	show := func(name string) (string, error) {
		var out bytes.Buffer
		err := Run(t.Context(), Config{Dir: s.dir, Show: name, Out: &out})
		return out.String(), err
	}
	if got, err := show("elasticsearch-" + access.Editor); err != nil || got != s.files(t)["vault/elasticsearch-"+access.Editor]+"\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := show("names"); err != nil || !strings.Contains(got, "s3-catsvdogs-root\n") {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := show("nothing"); err == nil || got != "" || !strings.Contains(err.Error(), "s3-catsvdogs-root") {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestEveryMistakeIsTold(t *testing.T) {
	t.Parallel()
	cfg := Config{Dir: "here", Show: "../etc/shadow", TLS: true, Hosts: ","}
	err := cfg.Validate()
	for _, flag := range []string{"--dir", "--show", "--hosts"} {
		if err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("got %v, want %s in it", err, flag)
		}
	}
}
