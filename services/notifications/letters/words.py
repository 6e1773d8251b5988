"""What the mails say, in French, to read and to correct in one place. No name, no site: none may be added.

Nor a date, but of what befell a partner's own address.
"""

from typing import NamedTuple

from services.notifications.domain import Notice


class Words(NamedTuple):
    """One mail without what changes from one to the next."""

    subject: str
    opening: tuple[str, ...]
    """Paragraphs."""
    facts: tuple[str, ...] = ()
    """What is so, in lines."""
    label: str = ""
    """Says what the link opens."""
    heading: str = ""
    """Over the steps."""
    steps: tuple[str, ...] = ()
    """What to do, in order."""
    closing: tuple[str, ...] = ()


_AUTOMATIC = (
    "Ce message est envoyé automatiquement. Il ne contient, à dessein, aucune donnée à caractère personnel :"
    " merci de n'en indiquer aucune si vous y répondez."
)

NOTICES = {
    Notice.APPROVED: Words(
        subject="[InSERRE] Une place est réservée",
        opening=(
            "Une place est réservée, dans un site du programme InSERRE, à une personne que votre organisme peut"
            " accompagner au titre de sa convention avec ce programme.",
        ),
        heading="Ce que nous vous demandons",
        steps=(
            "Conservez la référence ci-dessus : elle désigne cette personne dans nos échanges, et vous seuls la"
            " connaissez.",
            "Ouvrez la fiche avec le compte de votre organisme. Tant que la personne n'est pas arrivée, la fiche"
            " n'affiche rien : c'est normal, il suffit d'y revenir plus tard.",
            "Une fois la fiche ouverte, désignez la personne de votre équipe qui suivra ce dossier.",
        ),
        label="Ouvrir la fiche",
        closing=(_AUTOMATIC,),
    ),
    Notice.WITHDRAWN: Words(
        subject="[InSERRE] Une place n'est plus réservée",
        opening=(
            "Ce que nous vous avions annoncé sous la référence ci-dessous n'est plus d'actualité. Le motif ne vous est"
            " pas communiqué.",
        ),
        heading="Ce que nous vous demandons",
        steps=(
            "Mettez fin aux démarches engagées sous cette référence.",
            "Effacez les renseignements que vous auriez notés : ils ne vous sont plus nécessaires.",
            "Si une nouvelle place est réservée plus tard, vous recevrez un nouveau message.",
        ),
        label="Vérifier la fiche (elle n'affiche plus rien)",
        closing=(_AUTOMATIC,),
    ),
}

PROOF = Words(
    subject="[InSERRE] Confirmez cette adresse",
    opening=(
        "Cette adresse a été proposée pour recevoir les avis InSERRE destinés à votre organisme : « une place est"
        " réservée », « une place n'est plus réservée », sous une référence sans nom.",
    ),
    heading="Pour confirmer",
    steps=(
        "Vérifiez que cette boîte est lue par votre équipe, y compris en cas d'absence.",
        "Ouvrez le lien ci-dessous dans les sept jours, puis cliquez sur « Confirmer cette adresse ».",
    ),
    label="Confirmer cette adresse",
    closing=(
        "Si cette demande ne vous dit rien, ne faites rien : sans confirmation, aucun avis ne sera envoyé ici.",
        _AUTOMATIC,
    ),
)

DIGEST = Words(
    subject="[InSERRE] Des actions vous attendent",
    opening=("Voici, sans nom, ce qui attend votre fonction dans le programme.",),
    heading="À traiter",
    closing=("Connectez-vous à la plateforme pour voir de quoi il s'agit. Ce message est envoyé automatiquement.",),
)

SERVICES = {
    "selection": "Candidatures",
    "placement": "Hébergement",
    "notifications": "Avis aux partenaires",
}
"""By service, in the order of the mail, what a line begins with."""

MATTERS = {
    "late": "échéances dépassées : {}",
    "due_soon": "échéances à tenir dans les trois jours ouvrés : {}",
    "to_sign": "dossiers instruits, en attente de décision : {}",
    "to_complete": "dossiers à compléter ou à instruire : {}",
    "to_review": "points à revoir par un agent : {}",
    "level_passed": "dossiers qui attendent depuis plus longtemps que prévu : {}",
    "reply_missing": "dossiers auxquels un autre service n'a pas répondu (anomalie) : {}",
    "kept_apart_together": "personnes à séparer, hébergées ensemble : {}",
    "kept_apart_planned": "personnes à séparer, prévues ensemble : {}",
    "bed_conflict": "personnes présentes sans cellule pour cette nuit : {}",
    "departure_overdue": "départs prévus, à enregistrer : {}",
    "not_arrived": "personnes attendues et non arrivées : {}",
    "proposal_overdue": "propositions de cellule à confirmer, hors délai : {}",
    "arrival_unconfirmed": "arrivées dans les sept jours sur une cellule non confirmée : {}",
    "earlier_decision_waits": "propositions de cellule devancées par une décision plus ancienne : {}",
    "arrival_phase_over": "phases d'accueil terminées : {}",
    "move_due": "changements de cellule à faire : {}",
    "absence_overdue": "absences dont le terme est atteint : {}",
    "secure_waiting_overdue": "attentes en cellule sécurisée dont le terme est atteint : {}",
    "exit_beyond_bed": "séjours plus longs que la cellule n'est réservée : {}",
    "loan_needed": "cellules adaptées prêtées, à récupérer : {}",
    "waits_in_vain": "personnes en attente pour qui aucune cellule ne se libère : {}",
    "outage_overdue": "cellules hors service dont le retour était prévu : {}",
    "delivery_overdue": "adresses dont des avis auraient déjà dû partir : {}",
    "subscription_disabled": "partenaires dont l'adresse a cessé d'exister : {}",
    "endpoint_failing": "adresses qui ne répondent plus : {}",
    "deliveries_failed": "adresses dont des avis n'ont pas été remis, à renvoyer ou à classer : {}",
    "convention_ending": "conventions qui prennent fin alors que des avis restent à remettre : {}",
    "proof_missing": "adresses de partenaires à faire confirmer : {}",
    "approval_missing": "adresses de partenaires à approuver par un second agent : {}",
    "hold": "adresses dont les avis sont suspendus par un agent : {}",
    "held_keys": "dossiers dont les événements sont retenus : {}",
    "dead_events": "événements abandonnés, à relancer ou à écarter : {}",
    "forgotten": "avis ni terminés ni programmés (anomalie) : {}",
    "silent": "aucun décompte reçu depuis plus de deux jours ; consultez directement la plateforme",
}
"""By matter, in the order of the mail, the line with its count."""

OTHER = "autres points à traiter : {}"
"""The line of all matters that another service counts and that have no words here yet."""

TROUBLES = Words(
    subject="[InSERRE] Des avis ne vous parviennent pas",
    opening=(
        "Des avis InSERRE destinés à votre organisme ne lui parviennent pas, ou ne lui parviendraient plus. Voici ce"
        " que nous constatons, adresse par adresse.",
    ),
    heading="Ce que nous vous demandons",
    label="Ouvrir l'espace des partenaires",
    closing=("Ce qui dure vous est rappelé une fois par semaine.", _AUTOMATIC),
)

OBSERVED = {
    "subscription_disabled": "{host} : plus rien n'est envoyé à cette adresse{since}, car elle a répondu qu'elle"
    " n'existe plus ou qu'elle ne veut plus rien recevoir. Avis non remis : {count}.",
    "proof_missing": "{host} : cette adresse ne confirme plus{since} qu'elle veut recevoir nos avis. Avis retenus :"
    " {count}.",
    "endpoint_failing": "{host} : nos envois à cette adresse échouent{since}. Avis retenus : {count}.",
    "deliveries_failed": "{host} : des avis préparés{since} ont été abandonnés après plusieurs essais. Avis"
    " abandonnés : {count}.",
}
"""By matter, what a partner is told of one of its addresses."""

SINCE = " depuis le {:%d/%m/%Y}"

REMEDIES = {
    "subscription_disabled": "Adresse qui n'existe plus : donnez-en une autre à votre interlocuteur InSERRE.",
    "proof_missing": "Adresse qui ne confirme plus : faites en sorte qu'elle réponde à notre demande de confirmation,"
    " renouvelée chaque jour (guide du partenaire, partie 0). Les avis retenus partent ensuite d'eux-mêmes.",
    "endpoint_failing": "Adresse en échec : faites-la vérifier par votre équipe technique. Dès qu'elle répond, les avis"
    " retenus partent d'eux-mêmes.",
    "deliveries_failed": "Avis abandonnés : une fois l'adresse rétablie, demandez un nouvel envoi à votre interlocuteur"
    " InSERRE.",
}
"""By matter, what to do."""

MEANWHILE = (
    "Sans attendre : avec le compte de votre organisme, vos avis se lisent aussi par GET {feed} (guide du partenaire,"
    " partie 1)."
)

REFUSED = {
    "mailbox-proof-unknown": "Ce lien n'est pas valable. Si vous avez reçu plusieurs messages, ouvrez le plus récent.",
    "mailbox-proof-used": "Cette adresse a déjà été confirmée avec ce lien. Vous n'avez plus rien à faire.",
    "mailbox-proof-expired": "Ce lien n'est plus valable : sept jours ont passé. Demandez-en un nouveau à votre"
    " interlocuteur InSERRE.",
    "subscription-disabled": "Les avis ne sont plus envoyés à cette adresse. Parlez-en à votre interlocuteur InSERRE.",
}
"""By the code of the problem, what the page says to a person."""
