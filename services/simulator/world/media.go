package world

import (
	"math/rand/v2"
	"strconv"
)

// MediaType is the kind of an attachment, spelled as X spells it.
type MediaType string

// The kinds of attachments.
const (
	Photo MediaType = "photo"
	Video MediaType = "video"
	GIF   MediaType = "animated_gif"
)

// Media is an attachment. Addresses are well formed and lead nowhere.
type Media struct {
	Key           string // "3_…" photo, "7_…" video, "16_…" GIF
	Type          MediaType
	URL           string // photos only
	Preview       string // videos and GIFs only
	Stream        string // videos and GIFs only: the one variant
	Alt           string // photos, sometimes
	Width, Height int    // pixels
	DurationMS    int    // videos only
}

// mediaSet is what an author attaches.
type mediaSet struct{ photos, videos, gifs int }

// drawMedia follows what pet posts look like: mostly one photo, a quarter
// videos, some with several photos, some with both, some with nothing.
func drawMedia(rng *rand.Rand) mediaSet {
	switch x := rng.IntN(100); {
	case x < 46:
		return mediaSet{photos: 1}
	case x < 60:
		return mediaSet{photos: 2 + rng.IntN(3)}
	case x < 82:
		return mediaSet{videos: 1}
	case x < 86:
		return mediaSet{photos: 1 + rng.IntN(3), videos: 1}
	case x < 92:
		return mediaSet{gifs: 1}
	default:
		return mediaSet{}
	}
}

// rareMedia are the last attempts at a post whose rules want something that
// seldom comes by itself.
var rareMedia = []mediaSet{{}, {gifs: 1}, {videos: 1}, {photos: 1}}

var shapes = [][2]int{{1200, 900}, {900, 1200}, {1080, 1080}, {2048, 1536}, {1536, 2048}, {1280, 720}, {720, 1280}}

// appendMedia makes the attachments of the post with this id.
func appendMedia(into []Media, rng *rand.Rand, id uint64, set mediaSet, alt string) []Media {
	add := func(prefix string, m Media) {
		number := id | mediaBit | uint64(len(into))<<16
		name := strconv.FormatUint(number, 36)
		m.Key = prefix + strconv.FormatUint(number, 10)
		shape := one(rng, shapes)
		m.Width, m.Height = shape[0], shape[1]
		switch m.Type {
		case Photo:
			m.URL = "https://pbs.simulated.example/media/" + name + ".jpg"
			if rng.IntN(4) == 0 {
				m.Alt = alt
			}
		case Video:
			m.DurationMS = 3000 + rng.IntN(57000)
			m.Preview = "https://pbs.simulated.example/preview/" + name + ".jpg"
			m.Stream = "https://video.simulated.example/" + name + ".mp4"
		case GIF:
			m.Preview = "https://pbs.simulated.example/gif/" + name + ".jpg"
			m.Stream = "https://video.simulated.example/gif/" + name + ".mp4"
		}
		into = append(into, m)
	}
	for range set.photos {
		add("3_", Media{Type: Photo})
	}
	for range set.videos {
		add("7_", Media{Type: Video})
	}
	for range set.gifs {
		add("16_", Media{Type: GIF})
	}
	return into
}
