from django.urls import path

from lms import views

urlpatterns = [
    path("request", views.request),
    path("task", views.task),
    path("history", views.history),
]
