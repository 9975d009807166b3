package world

var french = phrasebook{
	lang: "fr", share: 0.03,
	animals: [3][]string{
		anything: {"favori", "classique"},
		cats:     {"chat", "chaton", "minou"},
		dogs:     {"chien", "chiot", "toutou"},
	},
	acts: [3][]string{
		anything: {"a sauvé ma journée", "ne déçoit jamais", "a surpris tout le monde"},
		cats:     {"dort sur le clavier", "a fait tomber ma tasse", "préfère le carton", "ronronne comme un moteur"},
		dogs:     {"a rapporté toutes les chaussettes", "a trouvé la plus grande flaque", "aboie après l'aspirateur", "attend devant la porte"},
	},
	moods:  []string{"heureux", "endormi", "grognon", "fier", "curieux", "triste", "calme", "courageux"},
	places: []string{"dans le jardin", "sur le canapé", "à la plage", "sous la table", "près de la fenêtre", "chez mamie"},
	things: []string{"balle", "couverture", "boîte en carton", "carotte", "tarte"},
	pets: []string{
		"Mon {animal} {act} {emoji}",
		"{name} est si {mood} aujourd'hui {place} {emoji}",
		"Ce {animal} {act}, je n'en peux plus {face}",
		"Est-ce normal qu'un {animal} soit si {mood} ? {face}",
		"Joyeux anniversaire à {name}, le meilleur {animal} du monde {emoji}🎂",
	},
	generic: []string{"Aujourd'hui {topic} {place} {emoji}", "Mon {topic} {act} {face}", "Équipe {tag} pour toujours {emoji}"},
	both:    []string{"{topic} et {other} ensemble {place} {emoji}", "Qui a dit que {topic} et {other} ne vont pas ensemble ? {face}"},
	neutral: []string{"Matin calme {place} {face}", "J'ai encore perdu ma {thing} {face}"},
	promos:  []string{"PROMO ! {number}% sur chaque {thing} {emoji} Utilisez le code PATTES{number}"},
	alt:     "Une image inventée d'un animal de compagnie",
}
