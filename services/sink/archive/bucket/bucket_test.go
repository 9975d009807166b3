package bucket

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"go.uber.org/goleak"

	"catsvdogs/services/sink/archive/storetest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

// part is a size of parts that a real store takes as well.
const part = MinPartBytes

func start(t *testing.T) (*Bucket, *minio.Client) {
	t.Helper()
	client, name := storetest.Start(t)
	return New(client, name, part), client
}

func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

func read(t *testing.T, b *Bucket, name string) []byte {
	t.Helper()
	body, _, _, err := b.core.GetObject(t.Context(), b.name, name, minio.GetObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	content, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestAnObjectOfAnySizeComesBackWholeWithItsMetadata(t *testing.T) {
	t.Parallel()
	b, _ := start(t)
	for _, size := range []int{1, part, part + 1, 2*part + 3} {
		content, name := noise(size), fmt.Sprint(size)
		o := Options{ContentType: "application/zstd", Metadata: map[string]string{"records": "7"}, OnlyNew: true}
		if err := b.Put(t.Context(), name, bytes.NewReader(content), int64(size), o); err != nil {
			t.Fatal(err)
		}
		w := b.NewWriter(t.Context(), "written-"+name, o)
		for rest := content; len(rest) > 0; {
			n := min(len(rest), 1<<20+7)
			if _, err := w.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{name, "written-" + name} {
			if got := read(t, b, name); !bytes.Equal(got, content) {
				t.Errorf("%s: %d bytes of %d come back", name, len(got), size)
			}
			stat, err := b.Stat(t.Context(), name)
			if err != nil || stat.Metadata["Records"] != "7" {
				t.Errorf("%s: %+v, %v", name, stat, err)
			}
		}
	}
}

func TestConditionsHoldForWholeObjectsAndForThoseInParts(t *testing.T) {
	t.Parallel()
	for _, size := range []int{10, part + 10} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			b, _ := start(t)
			first, second := noise(size), noise(size)
			put := func(content []byte, o Options) error {
				return b.Put(t.Context(), "x", bytes.NewReader(content), int64(size), o)
			}
			if err := put(second, Options{IfMatch: "d41d8cd98f00b204e9800998ecf8427e"}); !errors.Is(err, ErrChanged) {
				t.Errorf("in the place of nothing: %v", err)
			}
			if err := put(first, Options{OnlyNew: true}); err != nil {
				t.Fatal(err)
			}
			if err := put(second, Options{OnlyNew: true}); !errors.Is(err, ErrExists) {
				t.Errorf("the second one: %v", err)
			}
			if got := read(t, b, "x"); !bytes.Equal(got, first) {
				t.Error("the second one replaced the first")
			}
			stat, err := b.Stat(t.Context(), "x")
			if err != nil {
				t.Fatal(err)
			}
			if err := put(second, Options{IfMatch: stat.ETag}); err != nil {
				t.Fatal(err)
			}
			if err := put(first, Options{IfMatch: stat.ETag}); !errors.Is(err, ErrChanged) {
				t.Errorf("in the place of a version that is gone: %v", err)
			}
			if got := read(t, b, "x"); !bytes.Equal(got, second) {
				t.Error("the late one replaced the newer")
			}
		})
	}
}

func TestOfRacingWritersInPartsExactlyOneWins(t *testing.T) {
	t.Parallel()
	b, _ := start(t)
	const writers = 6
	contents := make([][]byte, writers)
	errs := make([]error, writers)
	var racing sync.WaitGroup
	for i := range writers {
		contents[i] = noise(part + 1)
		racing.Go(func() {
			errs[i] = b.Put(t.Context(), "x", bytes.NewReader(contents[i]), part+1, Options{OnlyNew: true})
		})
	}
	racing.Wait()
	winners := 0
	for i, err := range errs {
		switch {
		case err == nil:
			winners++
			if !bytes.Equal(read(t, b, "x"), contents[i]) {
				t.Errorf("writer %d was told that it had won, and has not", i)
			}
		case !errors.Is(err, ErrExists):
			t.Errorf("writer %d: %v", i, err)
		}
	}
	if winners != 1 {
		t.Errorf("%d winners", winners)
	}
	if left := unfinished(t, b, "x"); left != 0 {
		t.Errorf("%d uploads of the losers are left", left)
	}
}

func unfinished(t *testing.T, b *Bucket, name string) int {
	t.Helper()
	found, err := b.core.ListMultipartUploads(t.Context(), b.name, name, "", "", "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	return len(found.Uploads)
}

// brokenAt fails when what lies from an offset on is read.
type brokenAt struct {
	content []byte
	from    int64
}

var errBroken = errors.New("cannot be read")

func (b brokenAt) ReadAt(p []byte, at int64) (int, error) {
	if at >= b.from {
		return 0, errBroken
	}
	return bytes.NewReader(b.content).ReadAt(p, at)
}

func TestAnUploadThatFailsInTheMiddleLeavesNothing(t *testing.T) {
	t.Parallel()
	b, _ := start(t)
	err := b.Put(t.Context(), "x", brokenAt{noise(part * 2), part}, part*2, Options{OnlyNew: true})
	if !errors.Is(err, errBroken) {
		t.Fatalf("got %v", err)
	}
	if _, err := b.Stat(t.Context(), "x"); !errors.Is(err, ErrMissing) {
		t.Errorf("an object is there: %v", err)
	}
	if n := unfinished(t, b, "x"); n != 0 {
		t.Errorf("%d uploads are left", n)
	}
}

func TestWhatAKilledWriterHasLeftIsThrownAway(t *testing.T) {
	t.Parallel()
	b, _ := start(t)
	ctx, kill := context.WithCancel(t.Context())
	w := b.NewWriter(ctx, "x", Options{OnlyNew: true})
	if _, err := w.Write(noise(part + 1)); err != nil {
		t.Fatal(err)
	}
	kill()
	if n := unfinished(t, b, "x"); n != 1 {
		t.Fatalf("%d uploads are left", n)
	}
	if err := b.AbortLeftovers(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	if n := unfinished(t, b, "x"); n != 0 {
		t.Errorf("%d uploads are left", n)
	}
}

// flipping changes a byte of every body on its way to the store.
type flipping struct{ http.RoundTripper }

func (f flipping) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPut && r.ContentLength > 0 {
		r = r.Clone(r.Context())
		r.Body = &flippedBody{ReadCloser: r.Body}
	}
	return f.RoundTripper.RoundTrip(r)
}

type flippedBody struct {
	io.ReadCloser
	done bool
}

func (b *flippedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if at := bytes.Index(p[:n], []byte("content")); at >= 0 && !b.done {
		p[at], b.done = 'C', true
	}
	return n, err
}

func TestBytesThatChangeOnTheWayAreRefused(t *testing.T) {
	t.Parallel()
	client, name := storetest.Start(t)
	keys, err := client.GetCreds()
	if err != nil {
		t.Fatal(err)
	}
	damaged, err := minio.New(client.EndpointURL().Host, &minio.Options{
		Creds: credentials.NewStaticV4(keys.AccessKeyID, keys.SecretAccessKey, ""), Region: "us-east-1", MaxRetries: 1,
		Transport: flipping{&http.Transport{DisableKeepAlives: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	b := New(damaged, name, part)
	for _, size := range []int{20, part + 20} {
		body := append(noise(size-7), "content"...)
		if err := b.Put(t.Context(), "x", bytes.NewReader(body), int64(size), Options{OnlyNew: true}); err == nil {
			t.Errorf("%d bytes: taken", size)
		}
		if _, err := b.Stat(t.Context(), "x"); !errors.Is(err, ErrMissing) {
			t.Errorf("%d bytes: an object is there: %v", size, err)
		}
	}
}

func TestAChecksumOfTheStoreThatDiffersIsAnError(t *testing.T) {
	t.Parallel()
	sums := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	for answer, same := range map[string]bool{"": true, "AAAAAA==": true, "AAAAAA==-2": false} {
		if err := composite(sums, 2, answer); (err == nil) != same {
			t.Errorf("composite %q: %v", answer, err)
		}
	}
	if err := sameSum("AAAAAA==", encoded(sums[:4])); !errors.Is(err, errChecksum) {
		t.Errorf("got %v", err)
	}
}

func TestOldVersionsGoAndThePresentOneStays(t *testing.T) {
	t.Parallel()
	b, client := start(t)
	if !storetest.IsReal() {
		if versioned, err := b.IsVersioned(t.Context()); versioned || err != nil {
			t.Errorf("a store without versions: %t, %v", versioned, err)
		}
		return
	}
	if err := client.EnableVersioning(t.Context(), b.name); err != nil {
		t.Fatal(err)
	}
	if versioned, err := b.IsVersioned(t.Context()); !versioned || err != nil {
		t.Fatalf("%t, %v", versioned, err)
	}
	for _, name := range []string{"x", "x-longer"} {
		for i := range 3 {
			text := fmt.Sprint(i)
			if err := b.Put(t.Context(), name, strings.NewReader(text), int64(len(text)), Options{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n, err := b.DropOldVersions(t.Context(), "x"); n != 2 || err != nil {
		t.Errorf("%d versions went, %v", n, err)
	}
	if got := read(t, b, "x"); string(got) != "2" {
		t.Errorf("the present version is %q", got)
	}
	if n, err := b.DropOldVersions(t.Context(), "x-longer"); n != 2 || err != nil {
		t.Errorf("of the other object %d versions were left, %v", n, err)
	}
}
