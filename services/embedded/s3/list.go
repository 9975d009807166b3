package s3

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/johannesboyne/gofakes3"
)

// litter names files that desktops leave in folders people look at. They are objects only if they were put as such.
var litter = []string{".DS_Store", "Thumbs.db", "desktop.ini"}

// keys returns the keys of a bucket that begin with prefix, in S3's order (by bytes). The caller holds f.names.
func (f *folder) keys(bucket, prefix string) ([]string, error) {
	// Only the folder that the prefix ends in needs to be read.
	top := bucket
	if dir, _, deep := cutLast(prefix, "/"); deep && fs.ValidPath(dir) {
		top = path.Join(bucket, dir)
	}
	var keys []string
	err := fs.WalkDir(f.root.FS(), top, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		key := strings.TrimPrefix(name, bucket+"/")
		if !strings.HasPrefix(key, prefix) || (slices.Contains(litter, entry.Name()) && !f.hasRecord(bucket, key, entry)) {
			return nil
		}
		keys = append(keys, key)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list bucket %s: %w", bucket, err)
	}
	// A walk sorts within each folder, where a/b comes before a-b; by bytes it is the other way round.
	slices.Sort(keys)
	return keys, nil
}

func (f *folder) hasRecord(bucket, key string, entry fs.DirEntry) bool {
	info, err := entry.Info()
	if err == nil {
		_, err = f.root.Stat(recordPath(bucket, key, info))
	}
	return err == nil
}

// ListBucket implements gofakes3.Backend.
func (f *folder) ListBucket(bucket string, prefix *gofakes3.Prefix, page gofakes3.ListBucketPage) (*gofakes3.ObjectList, error) {
	if prefix == nil {
		prefix = &gofakes3.Prefix{}
	}
	f.names.RLock()
	defer f.names.RUnlock()
	keys, err := f.keys(bucket, prefix.Prefix)
	if err != nil {
		return nil, err
	}
	list := gofakes3.NewObjectList()
	last, count := "", int64(0)
	for _, key := range keys {
		group := ""
		if prefix.HasDelimiter {
			if head, _, found := strings.Cut(key[len(prefix.Prefix):], prefix.Delimiter); found {
				group = prefix.Prefix + head + prefix.Delimiter
			}
		}
		if page.HasMarker && (key <= page.Marker || group != "" && group <= page.Marker) || group != "" && group == last {
			continue
		}
		if page.MaxKeys > 0 && count == page.MaxKeys {
			list.IsTruncated, list.NextMarker = true, last
			break
		}
		count++
		if group != "" {
			list.AddPrefix(group)
			last = group
			continue
		}
		last = key
		if err := f.addContent(list, bucket, key); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (f *folder) addContent(list *gofakes3.ObjectList, bucket, key string) error {
	info, err := f.root.Stat(path.Join(bucket, key))
	if err != nil {
		return fmt.Errorf("list object %s: %w", key, err)
	}
	rec, err := f.loadRecord(bucket, key, info)
	if err != nil {
		return err
	}
	list.Add(&gofakes3.Content{
		Key: key, Size: info.Size(), ETag: `"` + rec.ETag + `"`,
		LastModified: gofakes3.NewContentTime(info.ModTime()), StorageClass: gofakes3.StorageStandard,
	})
	return nil
}

// cutLast cuts s around the last sep.
func cutLast(s, sep string) (before, after string, found bool) {
	at := strings.LastIndex(s, sep)
	if at < 0 {
		return "", s, false
	}
	return s[:at], s[at+len(sep):], true
}
