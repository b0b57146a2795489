"""Cameras: shown scenes, a folder or video, a USB camera, a Pi camera; watched, opened again, and shared."""

from hardware.camera.folder import FolderCamera
from hardware.camera.rpicam import RpicamCamera
from hardware.camera.scenes import SceneCamera
from hardware.camera.shared import shared
from hardware.camera.tuning import Tuning
from hardware.camera.v4l2 import V4L2Camera
from hardware.camera.watched import WatchedCamera

__all__ = ["FolderCamera", "RpicamCamera", "SceneCamera", "Tuning", "V4L2Camera", "WatchedCamera", "shared"]
