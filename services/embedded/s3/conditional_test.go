package s3

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/minio/minio-go/v7"
)

func onlyIfNew() minio.PutObjectOptions {
	var opts minio.PutObjectOptions
	opts.SetMatchETagExcept("*")
	return opts
}

func TestOfRacingConditionalPutsExactlyOneWins(t *testing.T) {
	t.Parallel()
	_, client, _ := startWithBucket(t)
	for round := range 4 {
		key := fmt.Sprintf("race/%d", round)
		winners := race(t, func(writer int) error {
			return put(t, client, key, fmt.Sprintf("writer %02d", writer), onlyIfNew())
		})
		if got, err := get(t, client, key, minio.GetObjectOptions{}); len(winners) != 1 || err != nil || got != fmt.Sprintf("writer %02d", winners[0]) {
			t.Errorf("round %d: winners %v, content %q, %v", round, winners, got, err)
		}
	}
}

// Over HTTP the writers arrive one after the other; here only the moment of naming is left of them.
func TestOfRacingCommitsExactlyOneWins(t *testing.T) {
	t.Parallel()
	f, err := openFolder(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.close() })
	if err := f.CreateBucket(bucket); err != nil {
		t.Fatal(err)
	}
	star := "*"
	for round := range 20 {
		bodies := make([]received, 8)
		for writer := range bodies {
			if bodies[writer], err = f.receive(strings.NewReader(fmt.Sprint(writer))); err != nil {
				t.Fatal(err)
			}
		}
		key := fmt.Sprintf("%d/%d", round, round) // a new folder each time
		var wins atomic.Int32
		var group sync.WaitGroup
		for writer := range bodies {
			group.Go(func() {
				err := f.rename(bucket, key, bucket+"/"+key, bodies[writer].file, &gofakes3.PutConditions{IfNoneMatch: &star})
				if err == nil {
					wins.Add(1)
				} else if !gofakes3.HasErrorCode(err, gofakes3.ErrPreconditionFailed) {
					t.Errorf("writer %d: %v", writer, err)
				}
			})
		}
		group.Wait()
		if wins.Load() != 1 {
			t.Errorf("round %d: %d winners", round, wins.Load())
		}
	}
}

func TestOfRacingConditionalMultipartUploadsExactlyOneWins(t *testing.T) {
	t.Parallel()
	_, client, _ := startWithBucket(t)
	core := minio.Core{Client: client}
	winners := race(t, func(writer int) error {
		return putInParts(t, core, "race", fmt.Sprintf("writer %02d", writer), onlyIfNew())
	})
	if got, err := get(t, client, "race", minio.GetObjectOptions{}); len(winners) != 1 || err != nil || got != fmt.Sprintf("writer %02d", winners[0]) {
		t.Errorf("winners %v, content %q, %v", winners, got, err)
	}
}

func putInParts(t *testing.T, core minio.Core, key, content string, condition minio.PutObjectOptions) error {
	t.Helper()
	id, err := core.NewMultipartUpload(t.Context(), bucket, key, minio.PutObjectOptions{})
	if err != nil {
		return err
	}
	part, err := core.PutObjectPart(t.Context(), bucket, key, id, 1, strings.NewReader(content), int64(len(content)), minio.PutObjectPartOptions{})
	if err != nil {
		return err
	}
	_, err = core.CompleteMultipartUpload(t.Context(), bucket, key, id, []minio.CompletePart{{PartNumber: 1, ETag: part.ETag}}, condition)
	return err
}

func TestOfRacingReplacementsOfOneVersionExactlyOneWins(t *testing.T) {
	t.Parallel()
	for name, replace := range map[string]func(*minio.Client, string, string, minio.PutObjectOptions) error{
		"put": func(client *minio.Client, key, content string, o minio.PutObjectOptions) error {
			return put(t, client, key, content, o)
		},
		"multipart": func(client *minio.Client, key, content string, o minio.PutObjectOptions) error {
			return putInParts(t, minio.Core{Client: client}, key, content, o)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, client, _ := startWithBucket(t)
			if err := put(t, client, "key", "first", minio.PutObjectOptions{}); err != nil {
				t.Fatal(err)
			}
			read, err := client.StatObject(t.Context(), bucket, "key", minio.StatObjectOptions{})
			if err != nil {
				t.Fatal(err)
			}
			var o minio.PutObjectOptions
			o.SetMatchETag(read.ETag)
			winners := race(t, func(writer int) error { return replace(client, "key", fmt.Sprintf("writer %02d", writer), o) })
			if got, err := get(t, client, "key", minio.GetObjectOptions{}); len(winners) != 1 || err != nil || got != fmt.Sprintf("writer %02d", winners[0]) {
				t.Errorf("winners %v, content %q, %v", winners, got, err)
			}
			if err := replace(client, "missing", "x", o); code(err) != "PreconditionFailed" && code(err) != "NoSuchKey" {
				t.Errorf("in the place of nothing: %v", err)
			}
		})
	}
}

func TestAConditionThatWouldBePassedOverIsRefused(t *testing.T) {
	t.Parallel()
	_, client, _ := startWithBucket(t)
	var o minio.PutObjectOptions
	o.SetMatchETag("0123")
	if _, err := (minio.Core{Client: client}).NewMultipartUpload(t.Context(), bucket, "key", o); code(err) != "NotImplemented" {
		t.Errorf("got %v", err)
	}
}

// race starts 32 writers at once and returns those that succeeded. The others must have been told 412.
func race(t *testing.T, write func(writer int) error) []int {
	t.Helper()
	var group sync.WaitGroup
	gun := make(chan struct{})
	errs := make([]error, 32)
	for writer := range errs {
		group.Go(func() {
			<-gun
			errs[writer] = write(writer)
		})
	}
	close(gun)
	group.Wait()
	var winners []int
	for writer, err := range errs {
		if err == nil {
			winners = append(winners, writer)
		} else if code(err) != "PreconditionFailed" {
			t.Errorf("writer %d: %v", writer, err)
		}
	}
	return winners
}

func TestAnUnconditionalPutReplaces(t *testing.T) {
	t.Parallel()
	_, client, _ := startWithBucket(t)
	for _, content := range []string{"first", "other"} { // one length, so that only the time tells the records apart
		if err := put(t, client, "key", content, minio.PutObjectOptions{UserMetadata: map[string]string{"Content": content}}); err != nil {
			t.Fatal(err)
		}
		info, err := client.StatObject(t.Context(), bucket, "key", minio.StatObjectOptions{})
		if err != nil || info.UserMetadata["Content"] != content {
			t.Errorf("got %+v, %v", info.UserMetadata, err)
		}
	}
}

func TestAMultipartUploadOfTheClientsOwnSplittingComesBackWhole(t *testing.T) {
	t.Parallel()
	_, client, _ := startWithBucket(t)
	content := bytes.Repeat([]byte("0123456789abcdef"), 11<<20/16)
	opts := minio.PutObjectOptions{PartSize: 5 << 20, UserMetadata: map[string]string{"K": "v"}}
	opts.SetMatchETagExcept("*")
	upload := func() error {
		_, err := client.PutObject(t.Context(), bucket, "big", bytes.NewReader(content), int64(len(content)), opts)
		return err
	}
	if err := upload(); err != nil {
		t.Fatal(err)
	}
	if got, err := get(t, client, "big", minio.GetObjectOptions{}); got != string(content) || err != nil {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	info, err := client.StatObject(t.Context(), bucket, "big", minio.StatObjectOptions{})
	if err != nil || info.UserMetadata["K"] != "v" {
		t.Errorf("got %+v, %v", info, err)
	}
	if err := upload(); code(err) != "PreconditionFailed" {
		t.Errorf("the second upload: %v", err)
	}
}

func TestAnUploadIsListedUntilItEnds(t *testing.T) {
	t.Parallel()
	_, client, _ := startWithBucket(t)
	core := minio.Core{Client: client}
	id, err := core.NewMultipartUpload(t.Context(), bucket, "a/key", minio.PutObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for number, content := range map[int]string{2: "two", 1: "one"} {
		if _, err := core.PutObjectPart(t.Context(), bucket, "a/key", id, number, strings.NewReader(content), 3, minio.PutObjectPartOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	parts, err := core.ListObjectParts(t.Context(), bucket, "a/key", id, 0, 10)
	if err != nil || len(parts.ObjectParts) != 2 || parts.ObjectParts[1].PartNumber != 2 {
		t.Errorf("parts %+v, %v", parts, err)
	}
	uploads, err := core.ListMultipartUploads(t.Context(), bucket, "a/", "", "", "", 10)
	if err != nil || len(uploads.Uploads) != 1 || uploads.Uploads[0].UploadID != id {
		t.Errorf("uploads %+v, %v", uploads, err)
	}
	for name, parts := range map[string][]minio.CompletePart{
		"InvalidPart":      {{PartNumber: 1, ETag: "0123456789abcdef0123456789abcdef"}},
		"InvalidPartOrder": {{PartNumber: 2, ETag: parts.ObjectParts[1].ETag}, {PartNumber: 1, ETag: parts.ObjectParts[0].ETag}},
	} {
		if _, err := core.CompleteMultipartUpload(t.Context(), bucket, "a/key", id, parts, minio.PutObjectOptions{}); code(err) != name {
			t.Errorf("want %s, got %v", name, err)
		}
	}
	if err := core.AbortMultipartUpload(t.Context(), bucket, "a/key", id); err != nil {
		t.Fatal(err)
	}
	if err := core.AbortMultipartUpload(t.Context(), bucket, "a/key", id); code(err) != "NoSuchUpload" {
		t.Errorf("the second abort: %v", err)
	}
}
