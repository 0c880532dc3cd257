"""What the workflows do to the outside world."""

import uuid
from datetime import datetime, timezone
from typing import Any

import requests

API = "https://shop.example/api"


def load_cart(order_id: str) -> dict[str, Any]:
    return requests.get(f"{API}/carts/{order_id}", timeout=10).json()


def charge(cart: dict[str, Any], reference: str) -> str:
    answer = requests.post(f"{API}/charges", json={"cart": cart["id"], "reference": reference}, timeout=10)
    return answer.json()["id"]


def create_shipment(cart: dict[str, Any]) -> str:
    # A retry of this step creates a second shipment: nothing about the first one is the same.
    shipment = {
        "id": str(uuid.uuid4()),
        "created_at": datetime.now(timezone.utc).isoformat(),
        "items": cart["items"],
    }
    requests.post(f"{API}/shipments", json=shipment, timeout=10)
    return shipment["id"]


def notify(address: str, text: str) -> None:
    requests.post(f"{API}/mail", json={"to": address, "text": text}, timeout=10)


def total(cart: dict[str, Any]) -> int:
    return sum(item["price"] * item["count"] for item in cart["items"])
