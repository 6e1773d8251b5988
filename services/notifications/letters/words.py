"""What the mails say, in French, to read and to correct in one place. No name, no date, no site: none may be added."""

from typing import NamedTuple

from services.notifications.domain import Notice


class Words(NamedTuple):
    """One mail without what changes from one to the next."""

    subject: str
    opening: tuple[str, ...]
    """Paragraphs."""
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
    opening=("Voici, sans nom, ce qui attend votre fonction dans le service des avis aux partenaires.",),
    heading="À traiter",
    closing=("Connectez-vous à la plateforme pour voir de quoi il s'agit. Ce message est envoyé automatiquement.",),
)

MATTERS = {
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
}
"""By matter, the line with its count."""

REFUSED = {
    "mailbox-proof-unknown": "Ce lien n'est pas valable. Si vous avez reçu plusieurs messages, ouvrez le plus récent.",
    "mailbox-proof-used": "Cette adresse a déjà été confirmée avec ce lien. Vous n'avez plus rien à faire.",
    "mailbox-proof-expired": "Ce lien n'est plus valable : sept jours ont passé. Demandez-en un nouveau à votre"
    " interlocuteur InSERRE.",
    "subscription-disabled": "Les avis ne sont plus envoyés à cette adresse. Parlez-en à votre interlocuteur InSERRE.",
}
"""By the code of the problem, what the page says to a person."""
