//go:build unix

package e2e

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/minio/minio-go/v7"
)

type storeQuestion = question[*storeUnderTest]

func storeQuestions() []storeQuestion {
	return slices.Concat(conditionQuestions(), objectQuestions(), listQuestions(), storeRefusalQuestions())
}

// storeDifferences are the answers in which the embedded store is known to differ.
func storeDifferences() map[string]difference {
	return map[string]difference{
		"a put that wants an object to be there": {[]string{"412 PreconditionFailed"}, "gofakes3 does not tell a missing object from another one; nobody puts so"},
		"an empty object":                        {[]string{"411 MissingContentLength", "404 NoSuchKey"}, "the client sends an empty body without a length, which Amazon's S3 refuses as well; the archive has no empty objects"},
		"a bucket that is there already":         {[]string{"409 BucketAlreadyExists"}, "gofakes3 knows no owners; provision looks first"},
		"versions of objects":                    {[]string{"501 NotImplemented", "501 NotImplemented", ""}, "an object is a plain file, and the archive writes each once"},
	}
}

// archived are the options that the archive puts its objects with.
func archived() minio.PutObjectOptions {
	o := minio.PutObjectOptions{ContentType: "application/zstd", UserMetadata: map[string]string{"first-offset": "1"}, DisableMultipart: true}
	o.SetMatchETagExcept("*")
	return o
}

func conditionQuestions() []storeQuestion {
	return []storeQuestion{
		{"two conditional puts", func(t *testing.T, s *storeUnderTest) []string {
			return []string{refusal(s.put(t, "twice", "first", archived())), refusal(s.put(t, "twice", "second", archived())), s.get(t, "twice", minio.GetObjectOptions{})}
		}, []string{"ok", "412 PreconditionFailed", "first"}},
		{"a plain put over an object", func(t *testing.T, s *storeUnderTest) []string {
			return []string{refusal(s.put(t, "over", "first", archived())), refusal(s.put(t, "over", "second", minio.PutObjectOptions{})), s.get(t, "over", minio.GetObjectOptions{})}
		}, []string{"ok", "ok", "second"}},
		{"a conditional put after a removal", func(t *testing.T, s *storeUnderTest) []string {
			return []string{refusal(s.put(t, "gone", "first", archived())), refusal(s.RemoveObject(t.Context(), s.bucket, "gone", minio.RemoveObjectOptions{})), refusal(s.put(t, "gone", "second", archived()))}
		}, []string{"ok", "ok", "ok"}},
		{"how many of racing writers win", func(t *testing.T, s *storeUnderTest) []string {
			var said []string
			for round := range 3 {
				results := make([]string, 16)
				var group sync.WaitGroup
				for writer := range results {
					group.Go(func() {
						results[writer] = refusal(s.put(t, fmt.Sprintf("race/%d", round), strings.Repeat(fmt.Sprint(writer, " "), 1000), archived()))
					})
				}
				group.Wait()
				winner := slices.Index(results, "ok")
				slices.Sort(results)
				content := s.get(t, fmt.Sprintf("race/%d", round), minio.GetObjectOptions{})
				said = append(said, strings.Join(slices.Compact(results), ", "), fmt.Sprint(content == strings.Repeat(fmt.Sprint(winner, " "), 1000)))
			}
			return said
		}, slices.Repeat([]string{"412 PreconditionFailed, ok", "true"}, 3)},
		{"a put that wants an object to be there", func(t *testing.T, s *storeUnderTest) []string {
			var o minio.PutObjectOptions
			o.SetMatchETag("00000000000000000000000000000000")
			return []string{refusal(s.put(t, "not-there", "x", o))}
		}, []string{"404 NoSuchKey"}},
		{"a conditional upload in parts", func(t *testing.T, s *storeUnderTest) []string {
			core, said := minio.Core{Client: s.Client}, []string(nil)
			for range 2 {
				id, err := core.NewMultipartUpload(t.Context(), s.bucket, "parts", minio.PutObjectOptions{})
				if err != nil {
					return append(said, refusal(err))
				}
				part, err := core.PutObjectPart(t.Context(), s.bucket, "parts", id, 1, strings.NewReader("part"), 4, minio.PutObjectPartOptions{})
				if err != nil {
					return append(said, refusal(err))
				}
				var o minio.PutObjectOptions
				o.SetMatchETagExcept("*")
				_, err = core.CompleteMultipartUpload(t.Context(), s.bucket, "parts", id, []minio.CompletePart{{PartNumber: 1, ETag: part.ETag}}, o)
				said = append(said, refusal(err))
			}
			return said
		}, []string{"ok", "412 PreconditionFailed"}},
	}
}

func objectQuestions() []storeQuestion {
	ranged := func(start, end int64) minio.GetObjectOptions {
		var o minio.GetObjectOptions
		_ = o.SetRange(start, end) // refuses nothing that is asked here
		return o
	}
	return []storeQuestion{
		{"parts of an object", func(t *testing.T, s *storeUnderTest) []string {
			_ = s.put(t, "digits", "0123456789", minio.PutObjectOptions{})
			return []string{s.get(t, "digits", ranged(2, 4)), s.get(t, "digits", ranged(7, 0)), s.get(t, "digits", ranged(0, -3)), s.get(t, "digits", ranged(8, 99)), s.get(t, "digits", ranged(10, 12))}
		}, []string{"234", "789", "789", "89", "416 InvalidRange"}},
		{"what is known of an object", func(t *testing.T, s *storeUnderTest) []string {
			_ = s.put(t, "known", "12345", archived())
			info, err := s.StatObject(t.Context(), s.bucket, "known", minio.StatObjectOptions{})
			return []string{refusal(err), fmt.Sprint(info.Size), info.ContentType, info.UserMetadata["First-Offset"], info.ETag}
		}, []string{"ok", "5", "application/zstd", "1", "827ccb0eea8a706c4c34a16891f84e7b"}},
		{"an empty object", func(t *testing.T, s *storeUnderTest) []string {
			return []string{refusal(s.put(t, "empty", "", archived())), s.get(t, "empty", minio.GetObjectOptions{})}
		}, []string{"ok", ""}},
		{"a large object in one put", func(t *testing.T, s *storeUnderTest) []string {
			large := strings.Repeat("0123456789abcdef", 17<<16)
			return []string{refusal(s.put(t, "large", large, archived())), fmt.Sprint(s.get(t, "large", minio.GetObjectOptions{}) == large)}
		}, []string{"ok", "true"}},
		{"an upload in parts", func(t *testing.T, s *storeUnderTest) []string {
			large := bytes.Repeat([]byte("0123456789abcdef"), 11<<16)
			_, err := s.PutObject(t.Context(), s.bucket, "in-parts", bytes.NewReader(large), -1, minio.PutObjectOptions{PartSize: 5 << 20})
			return []string{refusal(err), fmt.Sprint(s.get(t, "in-parts", minio.GetObjectOptions{}) == string(large))}
		}, []string{"ok", "true"}},
		{"an odd name", func(t *testing.T, s *storeUnderTest) []string {
			const name = "topic/dt=2026-06-03/hour=10/é + &%20 ?#.ndjson.zst"
			return []string{refusal(s.put(t, name, "x", archived())), s.get(t, name, minio.GetObjectOptions{}), strings.Join(s.keys(t, "topic/dt=2026-06-03/", "", 10), "|")}
		}, []string{"ok", "x", "topic/dt=2026-06-03/hour=10/é + &%20 ?#.ndjson.zst"}},
		{"an object that is missing", func(t *testing.T, s *storeUnderTest) []string {
			_, err := s.StatObject(t.Context(), s.bucket, "missing", minio.StatObjectOptions{})
			return []string{s.get(t, "missing", minio.GetObjectOptions{}), refusal(err), refusal(s.RemoveObject(t.Context(), s.bucket, "missing", minio.RemoveObjectOptions{}))}
		}, []string{"404 NoSuchKey", "404 NoSuchKey", "ok"}},
		{"a body that is not what its checksum says", func(t *testing.T, s *storeUnderTest) []string {
			core := minio.Core{Client: s.Client}
			_, err := core.PutObject(t.Context(), s.bucket, "sum", strings.NewReader("hello"), 5, "AAAAAAAAAAAAAAAAAAAAAA==", "", minio.PutObjectOptions{})
			return []string{refusal(err), s.get(t, "sum", minio.GetObjectOptions{})}
		}, []string{"400 BadDigest", "404 NoSuchKey"}},
	}
}

func listQuestions() []storeQuestion {
	filled := func(t *testing.T, s *storeUnderTest) {
		for _, key := range []string{"list/a/1", "list/a/2", "list/a/3", "list/b/1", "list/b-1", "lister"} {
			_ = s.put(t, key, "x", minio.PutObjectOptions{})
		}
	}
	list := func(prefix, delimiter string, perPage int) func(*testing.T, *storeUnderTest) []string {
		return func(t *testing.T, s *storeUnderTest) []string {
			filled(t, s)
			return s.keys(t, prefix, delimiter, perPage)
		}
	}
	return []storeQuestion{
		{"a list below a prefix", list("list/", "", 1000), []string{"list/a/1 list/a/2 list/a/3 list/b-1 list/b/1"}},
		{"a list in pages", list("list/", "", 2), []string{"list/a/1 list/a/2", "list/a/3 list/b-1", "list/b/1"}},
		{"a list of folders", list("list/", "/", 1000), []string{"list/b-1 list/a/ list/b/"}},
		{"a list of nothing", list("nothing/", "", 1000), []string{""}},
		{"a prefix within a name", list("list/a/", "", 1), []string{"list/a/1", "list/a/2", "list/a/3"}},
	}
}

func storeRefusalQuestions() []storeQuestion {
	return []storeQuestion{
		{"a wrong secret", func(t *testing.T, s *storeUnderTest) []string {
			wrong := s.as(t, s.cfg.S3AccessKey, "not the secret")
			_, err := wrong.BucketExists(t.Context(), s.bucket)
			return []string{refusal(wrong.put(t, "secret", "x", archived())), fmt.Sprint(minio.ToErrorResponse(err).StatusCode)}
		}, []string{"403 SignatureDoesNotMatch", "403"}},
		{"an unknown key", func(t *testing.T, s *storeUnderTest) []string {
			return []string{refusal(s.as(t, "nobody", "not the secret").put(t, "secret", "x", archived()))}
		}, []string{"403 InvalidAccessKeyId"}},
		{"no key at all", func(t *testing.T, s *storeUnderTest) []string {
			return []string{refusal(s.as(t, "", "").put(t, "secret", "x", archived()))}
		}, []string{"403 AccessDenied"}},
		{"a bucket that is missing", func(t *testing.T, s *storeUnderTest) []string {
			other := *s
			other.bucket = "e2e-there-is-no-such-bucket"
			there, err := s.BucketExists(t.Context(), other.bucket)
			return []string{refusal(other.put(t, "x", "x", archived())), fmt.Sprint(there, err)}
		}, []string{"404 NoSuchBucket", "false <nil>"}},
		{"a bucket that is there already", func(t *testing.T, s *storeUnderTest) []string {
			return []string{refusal(s.MakeBucket(t.Context(), s.bucket, minio.MakeBucketOptions{}))}
		}, []string{"409 BucketAlreadyOwnedByYou"}},
		{"removing a bucket with something in it", func(t *testing.T, s *storeUnderTest) []string {
			_ = s.put(t, "something", "x", minio.PutObjectOptions{})
			return []string{refusal(s.RemoveBucket(t.Context(), s.bucket))}
		}, []string{"409 BucketNotEmpty"}},
		{"versions of objects", func(t *testing.T, s *storeUnderTest) []string {
			err := s.EnableVersioning(t.Context(), s.bucket)
			v, err2 := s.GetBucketVersioning(t.Context(), s.bucket)
			return []string{refusal(err), refusal(err2), v.Status}
		}, []string{"ok", "ok", "Enabled"}},
	}
}
