package world

var german = phrasebook{
	lang: "de", share: 0.04,
	animals: [3][]string{
		anything: {"Liebling", "Klassiker"},
		cats:     {"Kater", "Stubentiger", "Mini-Tiger"},
		dogs:     {"Hund", "Welpe", "Vierbeiner"},
	},
	acts: [3][]string{
		anything: {"hat mir den Tag gerettet", "geht immer", "hat alle überrascht"},
		cats:     {"schläft auf der Tastatur", "hat meine Tasse vom Tisch geschubst", "wohnt jetzt im Karton", "schnurrt wie ein Motor"},
		dogs:     {"hat alle Socken geholt", "hat die größte Pfütze gefunden", "bellt den Staubsauger an", "wartet an der Tür"},
	},
	moods:  []string{"glücklich", "müde", "mürrisch", "stolz", "neugierig", "traurig", "gelassen", "mutig"},
	places: []string{"im Garten", "auf dem Sofa", "am Strand", "unter dem Tisch", "am Fenster", "bei Oma"},
	things: []string{"Decke", "Möhre", "Pappschachtel", "Torte", "Kugel"},
	pets: []string{
		"Mein {animal} {act} {emoji}",
		"{name} ist heute so {mood} {place} {emoji}",
		"Dieser {animal} {act}, ich kann nicht mehr {face}",
		"Ist es normal, dass ein {animal} so {mood} ist? {face}",
		"Alles Gute zum Geburtstag, {name}, bester {animal} der Welt {emoji}🎂",
	},
	generic: []string{"Heute {topic} {place} {emoji}", "Mein {topic} {act} {face}", "Team {tag} für immer {emoji}"},
	both:    []string{"{topic} und {other} zusammen {place} {emoji}", "Wer sagt, dass {topic} und {other} nicht zusammenpassen? {face}"},
	neutral: []string{"Ruhiger Morgen {place} {face}", "Schon wieder die {thing} verloren {face}"},
	promos:  []string{"AKTION! {number}% auf jede {thing} {emoji} Mit dem Code PFOTE{number}"},
	alt:     "Ein erfundenes Bild eines Haustiers",
}
