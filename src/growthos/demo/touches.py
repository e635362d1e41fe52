"""How buyers came, in the words of links: tags, click ids and referrers, and what a careful reader makes of them."""

from typing import NamedTuple

from growthos.demo.dice import Dice
from growthos.demo.records import Campaign, Visit

DOMAIN = "harborandpine.example"
MYSHOPIFY = "growthos-demo.myshopify.com"


class Link(NamedTuple):
    """A kind of link to the shop: how frequent it is, its query, its referrer, what Shopify keeps of the tags."""

    weight: int
    query: str
    referrer: str | None
    utm: tuple[str | None, str | None, str | None] | None
    source: str
    named: bool = False
    """Whether the tags tell the campaign."""


class Touch(NamedTuple):
    """What an order carries of its last visit, and the campaign that it names (`meta:<id>`) or None."""

    visit: Visit | None
    landing_page: str | None
    referrer: str | None
    campaign: str | None


FB, IG, GOOGLE = "https://l.facebook.com/", "https://l.instagram.com/", "https://www.google.com/"
CLICK = "EAIaIQobChMI7demo"

# In a query `{plus}` is the campaign's name as a form would send it, `{loud}` the same in capitals.
LINKS: dict[str, tuple[Link, ...]] = {
    "meta": (
        Link(36, f"utm_source=facebook&utm_medium=cpc&utm_campaign={{id}}&fbclid={CLICK}", FB,
             ("facebook", "cpc", "{id}"), "Facebook", named=True),
        Link(30, "utm_source=ig&utm_medium=Paid_Social&utm_campaign={plus}", IG,
             ("ig", "Paid_Social", "{plus}"), "Instagram", named=True),
        Link(14, f"utm_source=FB&utm_medium=paid&utm_id={{id}}&fbclid={CLICK}", FB, ("FB", "paid", None), "Facebook",
             named=True),
        Link(10, "utm_source=msg&utm_medium=retargeting&utm_campaign={loud}", None,
             ("msg", "retargeting", "{loud}"), "an unknown source", named=True),
        Link(10, "utm_source=an&utm_medium=cpm&utm_campaign=test-17", FB, ("an", "cpm", "test-17"), "Facebook"),
    ),
    "google": (
        Link(30, f"utm_source=google&utm_medium=cpc&utm_campaign={{id}}&gclid={CLICK}", GOOGLE,
             ("google", "cpc", "{id}"), "Google", named=True),
        Link(26, f"gclid={CLICK}", GOOGLE, None, "Google"),
        Link(16, "utm_source=Google&utm_medium=CPC&utm_campaign={plus}", GOOGLE,
             ("Google", "CPC", "{plus}"), "Google", named=True),
        Link(8, "gbraid=0AAAAAdemo", GOOGLE, None, "Google"),
        Link(8, "wbraid=CkEKdemo", None, None, "direct"),
        Link(6, f"utm_id={{id}}&gclid={CLICK}", GOOGLE, None, "Google", named=True),
        Link(6, "utm_source=youtube&utm_medium=ppc&utm_campaign={id}", "https://www.youtube.com/",
             ("youtube", "ppc", "{id}"), "YouTube", named=True),
    ),
    "paid_other": (
        Link(45, "utm_source=bing&utm_medium=cpc&utm_campaign=ms-brand&msclkid=demo", "https://www.bing.com/",
             ("bing", "cpc", "ms-brand"), "Bing"),
        Link(20, "ttclid=E.C.P.demo", "https://www.tiktok.com/", None, "TikTok"),
        Link(15, "utm_source=tiktok&utm_medium=paid_social&utm_campaign=spark", None,
             ("tiktok", "paid_social", "spark"), "TikTok"),
        Link(10, "epik=dj0ydemo", "https://www.pinterest.com/", None, "Pinterest"),
        Link(5, "twclid=2demo", "https://t.co/", None, "Twitter"),
        Link(5, "li_fat_id=demo", None, None, "direct"),
    ),
    "email": (
        Link(70, "utm_source=Klaviyo&utm_medium=email&utm_campaign=weekly", None, ("Klaviyo", "email", "weekly"),
             "an unknown source"),
        Link(15, "utm_source=newsletter&utm_medium=e-mail&utm_campaign=new+in", None,
             ("newsletter", "e-mail", "new in"), "an unknown source"),
        Link(15, "utm_source=omnisend&utm_medium=flow&utm_campaign=abandoned", "https://mail.example.com/",
             ("omnisend", "flow", "abandoned"), "an unknown source"),
    ),
    "sms": (
        Link(70, "utm_source=postscript&utm_medium=SMS&utm_campaign=drop", None, ("postscript", "SMS", "drop"),
             "direct"),
        Link(30, "utm_source=sms&utm_medium=text", None, ("sms", "text", None), "direct"),
    ),
    "affiliate": (
        Link(70, "utm_source=partnerhub&utm_medium=affiliate&utm_campaign=coupon", "https://deals.example.net/",
             ("partnerhub", "affiliate", "coupon"), "deals.example.net"),
        Link(30, "utm_source=review-site&utm_medium=Affiliates", None, ("review-site", "Affiliates", None), "direct"),
    ),
    "organic_social": (
        Link(40, f"fbclid={CLICK}", FB, None, "Facebook"),
        Link(25, "utm_source=linkinbio&utm_medium=social", None, ("linkinbio", "social", None), "direct"),
        Link(15, "utm_source=Pinterest&utm_medium=pin", None, ("Pinterest", "pin", None), "Pinterest"),
        Link(20, "", IG, None, "Instagram"),
    ),
    "organic_search": (
        Link(60, "", GOOGLE, None, "Google"),
        Link(15, "utm_source=google&utm_medium=organic&utm_campaign=free+listings", GOOGLE,
             ("google", "organic", "free listings"), "Google"),
        Link(15, "", "https://www.bing.com/", None, "Bing"),
        Link(10, "", "https://duckduckgo.com/", None, "DuckDuckGo"),
    ),
    "referral": (
        Link(75, "", "https://giftguide.example.com/best-of-2025", None, "giftguide.example.com"),
        Link(25, "utm_source=slowliving&utm_medium=referral", "https://slowliving.example.org/",
             ("slowliving", "referral", None), "slowliving.example.org"),
    ),
    "direct": (
        Link(70, "", None, None, "direct"),
        Link(15, "", f"https://{DOMAIN}/collections/all", None, "direct"),
        Link(8, "", "https://checkout.shopify.com/c/1", None, "direct"),
        Link(7, "", "https://shop.app/", None, "Shop"),
    ),
    "other": (Link(1, "utm_source=flyer&utm_medium=qr", None, ("flyer", "qr", None), "direct"),),
}  # fmt: skip
NOTHING = Touch(None, None, None, None)
PATHS = ("", "products/harbor-jacket", "collections/new", "products/pine-lamp")


def table(campaigns: tuple[Campaign, ...]) -> dict[tuple[str, int | None], tuple[Touch, ...]]:
    """100 touches for each channel (and campaign's place): draw one and it is as frequent as it should be."""
    touches: dict[tuple[str, int | None], tuple[Touch, ...]] = {}
    for channel, links in LINKS.items():
        of_platform = [place for place, one in enumerate(campaigns) if one.platform == channel]
        for place in of_platform or (None,):
            campaign = None if place is None else campaigns[place]
            weights = [link for link in links for _ in range(link.weight)]
            touches[channel, place] = tuple(_touch(link, campaign, number) for number, link in enumerate(weights))
    return touches


def _touch(link: Link, campaign: Campaign | None, number: int) -> Touch:
    """Three orders in five come with a whole visit, the rest with less: the reader must put it together."""
    plus = campaign.name.replace(" ", "+") if campaign else ""
    words = {"id": str(campaign.id) if campaign else "", "plus": plus, "loud": plus.upper()}
    query = link.query.format(**words) if campaign else link.query
    page = f"https://{DOMAIN}/{PATHS[number % len(PATHS)]}" + (f"?{query}" if query else "")
    named = campaign.key if campaign and link.named else None
    utm = link.utm
    if utm and campaign:
        utm = (utm[0], utm[1], utm[2] and utm[2].format(**words))
    match number % 5:
        case 3:
            return Touch(Visit(page, link.referrer, link.source, None, None), page, link.referrer, named)
        case 4:
            return Touch(None, page, link.referrer, named)
        case _:
            return Touch(Visit(page, link.referrer, link.source, None, utm), page, link.referrer, named)


def draw(touches: tuple[Touch, ...], dice: Dice) -> Touch:
    """One of them, each as likely as the others."""
    return touches[int(dice() * len(touches))]
