package s3

import (
	"cmp"
	"encoding/json"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/johannesboyne/gofakes3"
)

// ListMultipartUploads implements gofakes3.MultipartBackend: the unfinished uploads of a bucket, by key, then by time.
func (f *folder) ListMultipartUploads(bucket string, marker *gofakes3.UploadListMarker, prefix gofakes3.Prefix, limit int64) (*gofakes3.ListMultipartUploadsResult, error) {
	entries, err := fs.ReadDir(f.root.FS(), uploadsDir)
	if err != nil {
		return nil, err
	}
	result := &gofakes3.ListMultipartUploadsResult{Bucket: bucket, Prefix: prefix.Prefix, Delimiter: prefix.Delimiter, MaxUploads: limit}
	for _, entry := range entries {
		text, err := f.root.ReadFile(path.Join(uploadsDir, entry.Name(), uploadFile))
		var u upload
		if err != nil || json.Unmarshal(text, &u) != nil || u.Bucket != bucket || !strings.HasPrefix(u.Key, prefix.Prefix) {
			continue
		}
		id := gofakes3.UploadID(entry.Name())
		if marker != nil && cmp.Or(cmp.Compare(u.Key, marker.Object), cmp.Compare(id, marker.UploadID)) <= 0 {
			continue
		}
		result.Uploads = append(result.Uploads, gofakes3.ListMultipartUploadItem{
			Key: u.Key, UploadID: id, StorageClass: gofakes3.StorageStandard, Initiated: gofakes3.NewContentTime(u.Initiated),
		})
	}
	slices.SortFunc(result.Uploads, func(a, b gofakes3.ListMultipartUploadItem) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.UploadID, b.UploadID))
	})
	if int64(len(result.Uploads)) > limit && limit > 0 {
		last := result.Uploads[limit-1]
		result.Uploads, result.IsTruncated = result.Uploads[:limit], true
		result.NextKeyMarker, result.NextUploadIDMarker = last.Key, last.UploadID
	}
	return result, nil
}

// ListParts implements gofakes3.MultipartBackend.
func (f *folder) ListParts(bucket, key string, id gofakes3.UploadID, marker int, limit int64) (*gofakes3.ListMultipartUploadPartsResult, error) {
	if _, err := f.upload(bucket, key, id); err != nil {
		return nil, err
	}
	parts, err := f.parts(id)
	if err != nil {
		return nil, err
	}
	result := &gofakes3.ListMultipartUploadPartsResult{
		Bucket: bucket, Key: key, UploadID: id, StorageClass: gofakes3.StorageStandard, PartNumberMarker: marker, MaxParts: limit,
	}
	for _, p := range parts {
		if p.number <= marker {
			continue
		}
		if int64(len(result.Parts)) == limit {
			result.IsTruncated = true
			break
		}
		result.NextPartNumberMarker = p.number
		result.Parts = append(result.Parts, gofakes3.ListMultipartUploadPartItem{
			PartNumber: p.number, ETag: `"` + p.etag + `"`, Size: p.info.Size(), LastModified: gofakes3.NewContentTime(p.info.ModTime()),
		})
	}
	return result, nil
}
