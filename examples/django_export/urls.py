"""One export."""

from django.urls import path
from views import export

urlpatterns = [path("customers.csv", export)]
