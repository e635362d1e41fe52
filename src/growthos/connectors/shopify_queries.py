"""What Shopify is asked: one GraphQL operation each, with nothing in it that nobody reads.

Money is asked in the shop's currency alone. Every nested connection selects `pageInfo`, so that a cut list is seen.
Lines marked `# personal` or `# cost` need a permission of their own and can be left out.
"""

import re
from collections.abc import Iterable

LINE_ITEM = """
fragment GrowthLineItem on LineItem {
  id
  title
  sku
  quantity
  isGiftCard
  requiresShipping
  product { id productType }
  variant { id }
  originalUnitPriceSet { shopMoney { amount } }
  discountAllocations { allocatedAmountSet { shopMoney { amount } } }
  taxLines { priceSet { shopMoney { amount } } }
}
"""

SHIPPING_LINE = """
fragment GrowthShippingLine on ShippingLine {
  id
  isRemoved
  deliveryCategory
  discountedPriceSet { shopMoney { amount } }
  taxLines { priceSet { shopMoney { amount } } }
}
"""

ORDER = (
    """
fragment GrowthOrder on Order {
  id
  name
  createdAt
  processedAt
  updatedAt
  cancelledAt
  test
  edited
  currencyCode
  presentmentCurrencyCode
  taxesIncluded
  displayFinancialStatus
  sourceName
  email  # personal
  customer { id }
  shippingAddress { countryCodeV2 provinceCode }  # personal
  customerJourneySummary {
    ready
    lastVisit {
      landingPage
      referrerUrl
      source
      sourceType
      utmParameters { source medium campaign term content }
    }
  }
  landingPageUrl
  referrerUrl
  subtotalPriceSet { shopMoney { amount } }
  totalTaxSet { shopMoney { amount } }
  totalTipReceivedSet { shopMoney { amount } }
  originalTotalDutiesSet { shopMoney { amount } }
  originalTotalAdditionalFeesSet { shopMoney { amount } }
  totalPriceSet { shopMoney { amount } }
  totalRefundedSet { shopMoney { amount } }
  shippingLines(first: 1) {
    pageInfo { hasNextPage endCursor }
    nodes { ...GrowthShippingLine }
  }
  lineItems(first: $lineItems) {
    pageInfo { hasNextPage endCursor }
    nodes { ...GrowthLineItem }
  }
  refunds { id }
}
"""
    + LINE_ITEM
    + SHIPPING_LINE
)

REFUND_LINE_ITEM = """
fragment GrowthRefundLineItem on RefundLineItem {
  id
  quantity
  restockType
  lineItem { id }
  subtotalSet { shopMoney { amount } }
  totalTaxSet { shopMoney { amount } }
}
"""

REFUND_SHIPPING_LINE = """
fragment GrowthRefundShippingLine on RefundShippingLine {
  id
  subtotalAmountSet { shopMoney { amount } }
  taxAmountSet { shopMoney { amount } }
}
"""

REFUND_ADJUSTMENT = """
fragment GrowthRefundAdjustment on OrderAdjustment {
  id
  reason
  amountSet { shopMoney { amount } }
  taxAmountSet { shopMoney { amount } }
}
"""

VARIANT = """
fragment GrowthVariant on ProductVariant {
  id
  title
  sku
  price
  inventoryItem {
    id
    updatedAt
    unitCost { amount currencyCode }  # cost
  }
}
"""

OPERATIONS: dict[str, str] = {
    "GrowthShop": """
query GrowthShop {
  shop {
    id
    name
    myshopifyDomain
    currencyCode
    ianaTimezone
    primaryDomain { host }
  }
  currentAppInstallation { accessScopes { handle } }
}
""",
    "GrowthOrders": """
query GrowthOrders($first: Int!, $after: String, $query: String, $lineItems: Int!) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes { ...GrowthOrder }
  }
}
"""
    + ORDER,
    "GrowthOrdersAgain": """
query GrowthOrdersAgain($ids: [ID!]!, $lineItems: Int!) {
  nodes(ids: $ids) { ...GrowthOrder }
}
"""
    + ORDER,
    "GrowthOrderIds": """
query GrowthOrderIds($first: Int!, $after: String, $query: String) {
  orderIds: orders(first: $first, after: $after, query: $query, sortKey: ID) {
    pageInfo { hasNextPage endCursor }
    nodes { id }
  }
}
""",
    "GrowthOrderLineItems": """
query GrowthOrderLineItems($id: ID!, $first: Int!, $after: String) {
  order(id: $id) {
    id
    updatedAt
    lineItems(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { ...GrowthLineItem }
    }
  }
}
"""
    + LINE_ITEM,
    "GrowthOrderShippingLines": """
query GrowthOrderShippingLines($id: ID!, $first: Int!, $after: String) {
  order(id: $id) {
    id
    updatedAt
    shippingLines(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { ...GrowthShippingLine }
    }
  }
}
"""
    + SHIPPING_LINE,
    "GrowthRefunds": """
query GrowthRefunds($ids: [ID!]!, $refundLines: Int!) {
  nodes(ids: $ids) { ...GrowthRefund }
}

fragment GrowthRefund on Refund {
  id
  createdAt
  processedAt
  updatedAt
  order { id }
  totalRefundedSet { shopMoney { amount } }
  refundLineItems(first: $refundLines) {
    pageInfo { hasNextPage endCursor }
    nodes { ...GrowthRefundLineItem }
  }
  refundShippingLines(first: 1) {
    pageInfo { hasNextPage endCursor }
    nodes { ...GrowthRefundShippingLine }
  }
  orderAdjustments(first: 2) {
    pageInfo { hasNextPage endCursor }
    nodes { ...GrowthRefundAdjustment }
  }
}
"""
    + REFUND_LINE_ITEM
    + REFUND_SHIPPING_LINE
    + REFUND_ADJUSTMENT,
    "GrowthRefundLineItems": """
query GrowthRefundLineItems($id: ID!, $first: Int!, $after: String) {
  refund(id: $id) {
    id
    updatedAt
    refundLineItems(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { ...GrowthRefundLineItem }
    }
  }
}
"""
    + REFUND_LINE_ITEM,
    "GrowthRefundShippingLines": """
query GrowthRefundShippingLines($id: ID!, $first: Int!, $after: String) {
  refund(id: $id) {
    id
    updatedAt
    refundShippingLines(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { ...GrowthRefundShippingLine }
    }
  }
}
"""
    + REFUND_SHIPPING_LINE,
    "GrowthRefundAdjustments": """
query GrowthRefundAdjustments($id: ID!, $first: Int!, $after: String) {
  refund(id: $id) {
    id
    updatedAt
    orderAdjustments(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { ...GrowthRefundAdjustment }
    }
  }
}
"""
    + REFUND_ADJUSTMENT,
    "GrowthCustomers": """
query GrowthCustomers($first: Int!, $after: String, $query: String) {
  customers(first: $first, after: $after, query: $query, sortKey: ID) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id
      createdAt
      updatedAt
      numberOfOrders
      defaultEmailAddress { emailAddress }  # personal
      defaultAddress { countryCodeV2 provinceCode }  # personal
    }
  }
}
""",
    "GrowthProducts": """
query GrowthProducts($first: Int!, $after: String, $query: String, $variants: Int!) {
  products(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id
      title
      vendor
      productType
      isGiftCard
      updatedAt
      variants(first: $variants) {
        pageInfo { hasNextPage endCursor }
        nodes { ...GrowthVariant }
      }
    }
  }
}
"""
    + VARIANT,
    "GrowthProductVariants": """
query GrowthProductVariants($id: ID!, $first: Int!, $after: String) {
  product(id: $id) {
    id
    updatedAt
    variants(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { ...GrowthVariant }
    }
  }
}
"""
    + VARIANT,
    "GrowthInventoryItems": """
query GrowthInventoryItems($first: Int!, $after: String, $query: String) {
  inventoryItems(first: $first, after: $after, query: $query) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id
      updatedAt
      unitCost { amount currencyCode }  # cost
    }
  }
}
""",
}


def text(operation: str, *, without: Iterable[str] = ()) -> str:
    """The operation as it is sent, without the lines marked by one of `without` ("personal", "cost")."""
    dropped = "|".join(without)
    asked = OPERATIONS[operation].strip()
    if dropped:
        asked = re.sub(rf"\n[^\n]*# (?:{dropped})(?=\n)", "", asked)
    return re.sub(r" *#[^\n]*", "", asked)
